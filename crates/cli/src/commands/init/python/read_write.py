# `python inference.py INPUT OUTPUT` runs it on other folders, outside a container.
INPUT = Path(sys.argv[1] if len(sys.argv) > 2 else "/input")
OUTPUT = Path(sys.argv[2] if len(sys.argv) > 2 else "/output")
# Weights; an empty folder where there are none.
MODEL = Path("/opt/ml/model")


def main():
    """Finds out which interface was chosen: by the set of inputs that there are."""
    slugs = tuple(sorted(entry["interface"]["slug"] for entry in read_json("inputs.json")))
    if slugs not in INTERFACES:
        known = " or ".join(", ".join(inputs) for inputs in INTERFACES)
        sys.exit(f"no interface takes {', '.join(slugs)}; expected {known}")
    INTERFACES[slugs]()


def read_json(path):
    return json.loads((INPUT / path).read_text(encoding="utf-8"))


def write_json(path, value):
    write_bytes(path, json.dumps(value, indent=2).encode())


def read_bytes(path):
    return (INPUT / path).read_bytes()


def write_bytes(path, content):
    file = OUTPUT / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
