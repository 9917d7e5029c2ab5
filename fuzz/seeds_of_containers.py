"""seeds_of_containers.py: writes the seeds of the fuzz targets that read archives, manifests, values, templates and forms.

They are committed, so that nobody needs Python to fuzz; run this again after a change here.
"""

import gzip
import hashlib
import io
import json
import pathlib
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = HERE / "seeds"


def put(target, name, content):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def entry(tar, name, content=b"", **attributes):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in attributes.items():
        setattr(member, key, value)
    tar.addfile(member, io.BytesIO(content))


def layer(kind):
    out = io.BytesIO()
    form = tarfile.PAX_FORMAT if kind == "pax" else tarfile.GNU_FORMAT
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        entry(tar, "bin/", type=tarfile.DIRTYPE, mode=0o755)
        entry(tar, "bin/run", b"#!/bin/sh\n", mode=0o755)
        if kind == "links":
            entry(tar, "bin/sh", type=tarfile.SYMTYPE, linkname="run")
            entry(tar, "bin/again", type=tarfile.LNKTYPE, linkname="bin/run")
            entry(tar, "out", type=tarfile.SYMTYPE, linkname="../../etc")
            entry(tar, "out/x", b"x")
        if kind == "whiteouts":
            entry(tar, "bin/.wh.gone")
            entry(tar, "lib/.wh..wh..opq")
        if kind == "devices":
            entry(tar, "dev/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
            entry(tar, "fifo", type=tarfile.FIFOTYPE)
        if kind == "pax":
            member = tarfile.TarInfo("long/" + "n" * 200)
            member.pax_headers = {"SCHILY.xattr.user.a": "b", "GNU.sparse.major": "1"}
            tar.addfile(member)
    return out.getvalue()


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def docker(tree):
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/bin/run"], "User": "1000"},
        "rootfs": {"type": "layers", "diff_ids": [digest(tree)]},
    }).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry(tar, "layer.tar", tree)
        entry(tar, "config.json", config)
        manifest = [{"Config": "config.json", "RepoTags": ["a:1"], "Layers": ["layer.tar"]}]
        entry(tar, "manifest.json", json.dumps(manifest).encode())
    return out.getvalue()


def oci(tree):
    packed = gzip.compress(tree, mtime=0)
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/run"], "User": "a"},
        "rootfs": {"type": "layers", "diff_ids": [digest(tree)]},
    }).encode()
    kind = "application/vnd.oci.image."
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
        "config": {"mediaType": kind + "config.v1+json", "digest": digest(config), "size": len(config)},
        "layers": [{"mediaType": kind + "layer.v1.tar+gzip", "digest": digest(packed), "size": len(packed)}],
    }).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [
        {"mediaType": kind + "manifest.v1+json", "digest": digest(manifest), "size": len(manifest)},
    ]}).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        entry(tar, "index.json", index)
        for blob in (config, manifest, packed):
            entry(tar, "blobs/sha256/" + digest(blob)[7:], blob)
    return out.getvalue()


def main():
    for kind in ("plain", "links", "whiteouts", "devices", "pax"):
        put("tar_layer", kind, layer(kind))
    put("image_archive", "docker", docker(layer("plain")))
    put("image_archive", "docker_gzip", gzip.compress(docker(layer("links")), mtime=0))
    put("image_archive", "oci", oci(layer("whiteouts")))
    root = HERE.parent
    put("manifest", "otsu", (root / "images/otsu/algorithm.toml").read_bytes())
    for case in sorted((root / "images/otsu/cases").glob("*/case.toml")):
        put("manifest", "case_" + case.parent.name, case.read_bytes())
    box = {"type": "2D bounding box", "corners": [[1, 2, 0.5], [3, 2, 0.5], [3, 4, 0.5], [1, 4, 0.5]], "version": {"major": 1, "minor": 0}}
    point = {"type": "Multiple points", "points": [{"name": "a", "point": [1, 2, 3]}], "version": {"major": 1, "minor": 0}}
    for number, value in enumerate((3, 1.5, "text", True, None, [1, {"a": NOT_A_NUMBER}], box, point)):
        put("value", f"value_{number}", bytes([number]) + json.dumps(value).encode())
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "number", "multipleOf": 0.1}}}
    put("value", "schema", b"\x00" + json.dumps(schema).encode() + b"\x00" + b'{"a": 0.3}')
    put("value", "pattern", b"\x01" + json.dumps({"pattern": "^(a+)+$"}).encode() + b"\x00" + b'"aaaaaaaaab"')
    put("value", "newick", b"\x02((a:1,b:2)c,d);")
    template = (root / "images/otsu/results.html.jinja").read_bytes()
    put("result_template", "otsu", template + b"\x00" + b'{"tissue_volume_ml": 1.5, "components": [{"volume_ml": 1, "centre_mm": [1, 2, 3]}]}')
    put("result_template", "loop", b"{% for a in range(9) %}{{ a|string * 9 }}{% endfor %}<script>1</script>\x00{}")
    put("result_template", "markdown", b"# {{ results.a }}\n[x](javascript:1) <b onclick=1>| a |\n|-|\n\x00" + b'{"a": "<img src=x onerror=1>"}')
    device = {"cdiVersion": "0.6.0", "kind": "nvidia.com/gpu", "devices": [
        {"name": "0", "containerEdits": {"deviceNodes": [{"path": "/dev/nvidia0", "hostPath": "/dev/zero"}]}},
    ], "containerEdits": {"env": ["A=b"], "mounts": [{"hostPath": "/etc/hostname", "containerPath": "/x", "options": ["ro"]}],
       "hooks": [{"hookName": "createContainer", "path": "/x", "args": ["x", "update-ldcache", "--folder", "/usr/lib"]}]}}
    put("device_specification", "json", json.dumps(device).encode())
    put("device_specification", "yaml", b"cdiVersion: 0.7.0\nkind: a.b/gpu\ndevices:\n- name: '0'\n  containerEdits: &c\n    deviceNodes: [{path: /dev/a, hostPath: /dev/null}]\n- {name: all, containerEdits: *c}\n")
    head = b'--b\r\nContent-Disposition: form-data; name='
    secret = head + b'"csrf"\r\n\r\nof-this-login\r\n'
    file = head + b'"files"; filename="../a b.mha"\r\nContent-Type: text/plain\r\n\r\nObjectType = Image\r\n'
    put("form_with_files", "body", b"\x01" + secret + head + b'"a"\r\n\r\nb\r\n' + file + b"--b--\r\n")
    put("form_with_files", "late_secret", b"\x01" + file + secret + b"--b--\r\n")
    put("form_with_files", "star", b"\x01" + secret + head + b"\"files\"; filename*=UTF-8''%e2%82%ac\r\n\r\nx\r\n--b--")
    put("form_with_files", "pieces", b"\x00\x00file\xff\x01field\xff\x00\r\n--\xff\x01--b")


NOT_A_NUMBER = float("nan")

main()
