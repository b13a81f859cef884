"""Learn the topics that come with the package, from `requests.yaml` and `outside.yaml` beside this file.

python training/fit.py
"""

from importlib import resources
from pathlib import Path

import yaml

from shopfloor.language.text import stem
from shopfloor.planning.background import shipped_goods
from shopfloor.planning.masking import mask
from shopfloor.topics.concepts import matter_words
from shopfloor.topics.topics import fit_topics

HERE = Path(__file__).parent


def masked(name: str) -> dict[str, list[str]]:
    """Return a file's messages by topic, masked as a planner without a catalogue masks what it matches."""
    goods = shipped_goods()
    messages = yaml.safe_load((HERE / name).read_text("utf-8"))

    def is_kind(word: str) -> bool:
        return word not in matter_words() and stem(word) in goods

    return {topic: [mask(text, is_kind) for text in texts] for topic, texts in messages.items()}


if __name__ == "__main__":
    topics = fit_topics(masked("requests.yaml"), masked("outside.yaml"))
    content = topics.to_bytes()
    with resources.as_file(resources.files("shopfloor.topics") / "shipped" / "topics.npz") as file:
        file.write_bytes(content)
    print(f"{topics.dimensions} topics, {len(content):,} bytes")  # noqa: T201
