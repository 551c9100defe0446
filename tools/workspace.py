"""The learner's own copy of the lessons, in work/.

What a learner writes there is never written over: a lesson that is missing is added, and one that has
changed in the series since it was copied is named. What was copied stands in work/.miniflow.json.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

RECORD = ".miniflow.json"


def update_working_copy(lessons: Path, work: Path) -> list[str]:
    """Brings what is missing from `lessons` into `work`; returns what there is to say, a sentence each."""
    said = []
    work.mkdir(parents=True, exist_ok=True)
    record = _read_record(work / RECORD)
    for source in sorted(lessons.rglob("*")):
        name = source.relative_to(lessons)
        if not source.is_file() or any(part.startswith((".", "__")) for part in name.parts):
            continue
        copy, now = work / name, _fingerprint(source)
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            # The contents alone: a copy from a read-only clone has to be writable.
            shutil.copyfile(source, copy)
            record[name.as_posix()] = now
        elif record.setdefault(name.as_posix(), now) != now:
            said.append(
                f"{name} has changed in the series since you got your copy; yours was left as it is. For the "
                f"new one, rename yours ({name.stem}_mine{name.suffix}, say) and call this again."
            )
    (work / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return said


def _read_record(path: Path) -> dict[str, str]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _fingerprint(path: Path) -> str:
    """What changes when a lesson's text or code does, but not when its outputs do."""
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        cells = json.loads(content)["cells"]
        content = json.dumps([[cell["cell_type"], cell["source"]] for cell in cells]).encode()
    return hashlib.sha256(content).hexdigest()
