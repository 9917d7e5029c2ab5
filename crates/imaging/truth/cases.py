"""The folder of generated files, and what is known about some of them beforehand."""

import pathlib


class Cases:
    """Files whose truth is wanted. `refuse` and `right` overrule the readers and say `why`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.by_path = {}

    def place(self, path):
        """Where a file lies; for data files that are no case of their own, and for files that a library writes."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def write(self, path, data, **known):
        self.place(path).write_bytes(data)
        self.add(path, **known)

    def add(self, path, refuse=None, right=None, why=None):
        case = {}
        if refuse:
            case = {"refuse": True, "why": refuse}
        elif right:
            case = {"right": right, "why": why}
        self.by_path[path] = case
