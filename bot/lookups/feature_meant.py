"""Which feature somebody means by what they typed. Pure."""

from collections.abc import Mapping

from bot.lookups.find.query import fold


def feature_meant(typed: str, offered: Mapping[str, str]) -> str:
    """The id of the one feature that is meant, of these names by id; empty if none or several may be."""
    wanted = _singular(typed)
    if not wanted:
        return ""
    names = {feature_id: (_singular(feature_id), _singular(name)) for feature_id, name in offered.items()}
    for meant in (
        [feature_id for feature_id, known in names.items() if wanted in known],
        [feature_id for feature_id, known in names.items() if any(name.startswith(wanted) for name in known)],
        [feature_id for feature_id, known in names.items() if any(wanted in name.split() for name in known)],
    ):
        if meant:
            return meant[0] if len(meant) == 1 else ""
    return ""


def _singular(name: str) -> str:
    folded = " ".join(fold(name).replace("_", " ").replace("-", " ").split())
    return folded[:-1] if folded.endswith("s") else folded
