"""What the operator sets: where the data lies, and which models think. From the command line or the environment."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from shopfloor.kernel.errors import InvalidInput, StorageError
from shopfloor.models.settings import ModelSettings, kept_settings, model_settings, set_by

DATA_VARIABLE = "SHOPFLOOR_DATA"
DATABASE_VARIABLE = "SHOPFLOOR_DATABASE_URL"
SIGNING_VARIABLE = "SHOPFLOOR_SECRET"
MODELS_VARIABLE = "SHOPFLOOR_MODELS"
SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """An installation's settings."""

    data: Path
    """The folder of the database, the locks and the secret; made where it is missing."""
    router: Path | None = None
    """What the planner learned from the merchant's history; None where it has the cards alone."""
    models: Path | None = None
    """The file that sets models up; None for `$SHOPFLOOR_MODELS`, the database, or `models.yaml` in the data directory.

    The environment may name models besides.
    """
    database_url: str | None = None
    """Where a PostgreSQL database is; None for `$SHOPFLOOR_DATABASE_URL`, or a file in the data directory."""

    @property
    def database(self) -> Path:
        """Return the file of the database, where it is kept in one."""
        return self.data / "shopfloor.sqlite3"

    @property
    def is_on_server(self) -> bool:
        """Whether a server has the database, and no file of the data directory."""
        return bool(self._named_url)

    @property
    def url(self) -> str:
        """Return the URL of the database."""
        return self._named_url or f"sqlite:///{self.database}"

    @property
    def _named_url(self) -> str:
        return self.database_url or os.environ.get(DATABASE_VARIABLE, "").strip()

    @property
    def locks(self) -> Path:
        """Return the folder of the locks."""
        return self.data / "locks"

    @property
    def models_file(self) -> Path | None:
        """Return the file that was named to set models up, which goes before the database; None where none was."""
        return self.models or (Path(name) if (name := os.environ.get(MODELS_VARIABLE, "").strip()) else None)

    def model_settings(self, kept: ModelSettings) -> ModelSettings:
        """Return which models are set up; none is where nobody set one up.

        `kept` is what the database says: a file that was named goes before it, and it before `models.yaml`.

        Raises:
            InvalidInput: the file is missing where one was named, or it cannot be used.
        """
        named = self.models_file
        if named is None and kept != ModelSettings():
            return kept_settings(kept, os.environ)
        path = named or self.data / "models.yaml"
        try:
            text = path.read_text("utf-8") if named or path.exists() else ""
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{path} is no text in UTF-8: save it as such") from error
        return model_settings(text, os.environ, str(path) if text else "the models in the environment")

    def models_come_from(self, kept: ModelSettings) -> str:
        """Say where `model_settings` takes them from; empty where nobody set anything."""
        beside = self.data / "models.yaml"
        on_top = set_by(os.environ)
        places = [str(self.models_file)] if self.models_file else []
        if not places and kept != ModelSettings():
            places = ["the database"]
        elif not places and beside.exists():
            places = [str(beside)]
        return ", with on top of it ".join([*places, *([", ".join(f"${name}" for name in on_top)] if on_top else [])])

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            StorageError: they cannot be made.
        """
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds what customers wrote
            self.locks.mkdir(exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"{self.data} cannot be used as the data directory ({error.strerror}): "
                "name a folder that may be written to with --data"
            ) from error

    def check_database(self) -> None:
        """Look whether the database is there where it was before: an empty one in its place would hide that it is lost.

        Raises:
            StorageError: there is a secret, or the log of a database, and no database.
        """
        beside = (self.data / "secret", self.database.with_name(f"{self.database.name}-wal"))
        if not self.database.exists() and any(path.exists() for path in beside):
            raise StorageError(
                f"the database {self.database} is gone: put it back, or restore a backup with `shopfloor restore`; "
                f"set ${DATABASE_VARIABLE} if it is on PostgreSQL; to begin anew, choose another folder with --data"
            )

    def secret(self) -> bytes:
        """Return the secret that tokens are signed with: `$SHOPFLOOR_SECRET`, or the file, which the first call makes.

        Raises:
            InvalidInput: the variable is too short.
            StorageError: the file cannot be read or written, or is too short.
        """
        if given := os.environ.get(SIGNING_VARIABLE, "").encode():
            if len(given) < SECRET_BYTES:
                raise InvalidInput(
                    f"${SIGNING_VARIABLE} is too short: give it {SECRET_BYTES} characters of chance or more"
                )
            return given
        path = self.data / "secret"
        try:
            if not path.exists():
                # Written beside and linked into place, so that two processes at once agree on one secret.
                new = self.data / f"secret.{secrets.token_hex(8)}"
                handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_bytes(SECRET_BYTES))
                try:
                    os.link(new, path)
                except FileExistsError:
                    pass
                finally:
                    new.unlink()
            secret = path.read_bytes()
        except OSError as error:
            raise StorageError(f"the secret {path} cannot be used: {error.strerror}") from error
        if len(secret) < SECRET_BYTES:
            raise StorageError(
                f"the secret {path} is too short: remove it, and a new one is made; customers sign in again"
            )
        return secret


def default_data() -> Path:
    """Return the data directory where none is named: `$SHOPFLOOR_DATA`, or `data` in the current folder."""
    return Path(os.environ.get(DATA_VARIABLE) or "data")
