"""Sources, pages and corrections of knowledge, and questions left open."""

# SQLAlchemy leaves some column types open.
# pyright: reportUnknownArgumentType=false

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "knowledge_corrections",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_corrections")),
    )
    op.create_table(
        "knowledge_questions",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_knowledge_questions")),
    )
    with op.batch_alter_table("knowledge_questions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_questions_at"), ["at"], unique=False)

    op.create_table(
        "knowledge_sources",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("refreshed_at", sa.BigInteger(), nullable=False),
        sa.Column("most_pages", sa.Integer(), nullable=False),
        sa.Column("allows_private", sa.Boolean(), nullable=False),
        sa.Column("report", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_knowledge_sources")),
    )
    op.create_table(
        "knowledge_pages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("updated", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("links", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source"], ["knowledge_sources.name"], name=op.f("fk_knowledge_pages_source_knowledge_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_pages")),
    )
    with op.batch_alter_table("knowledge_pages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_pages_source"), ["source"], unique=False)


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("knowledge_pages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_pages_source"))

    op.drop_table("knowledge_pages")
    op.drop_table("knowledge_sources")
    with op.batch_alter_table("knowledge_questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_questions_at"))

    op.drop_table("knowledge_questions")
    op.drop_table("knowledge_corrections")
