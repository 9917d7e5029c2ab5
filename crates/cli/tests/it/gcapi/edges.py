"""What people do with gcapi more rarely, and what goes wrong: one JSON object on stdout.

usage: edges.py BASE_URL CA_FILE TOKEN IMAGE FOLDER
The server has the algorithm `otsu` with an active container image, and the archive `heads`.
"""

import io
import json
import sys
import time
from pathlib import Path

import gcapi
import httpx
from gcapi import SocketValueSpec

base_url, ca_file, token, image, folder = sys.argv[1:]
folder = Path(folder)
seen = {}
c = gcapi.Client(token=token, base_url=base_url, verify=ca_file)
own = httpx.Client(verify=ca_file, headers={"Authorization": f"Bearer {token}"}, timeout=60)
root = base_url.removesuffix("api/v1/") + "api/gantry/v1/"


def wait(what, look, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit(f"{what}: nothing after {seconds} s")


def refused(call):
    """The status and body of a refusal, or the client's own complaint."""
    try:
        call()
    except httpx.HTTPStatusError as error:
        return {"status": error.response.status_code, "body": error.response.json()}
    except Exception as error:  # the kind is what is asserted
        return {"error": type(error).__name__, "text": str(error)}
    return "accepted"


def values(pk):
    return {v.socket.slug: v for v in c.archive_items.detail(pk=pk).values}


# Sockets whose values are files.
for slug, kind, path in [
    ("table", "CSV file", "table.csv"),
    ("notes", "Anything", "notes.json"),
    ("landmarks", "Multiple points", "landmarks.json"),
]:
    body = {"slug": slug, "kind": kind, "relative_path": path, "store_in_database": False}
    answer = own.post(root + "sockets/", json=body)
    assert answer.status_code == 201, answer.text

# An archive: filled with every sort of value, merged, replaced.
(folder / "table.csv").write_text("a,b\n1,2\n")
(folder / "notes.json").write_text('{"b":  1.10, "a": [1e3]}')
points = {"type": "Multiple points", "version": {"major": 1, "minor": 0}, "points": [{"point": [1, 2, 3]}]}
item = c.add_case_to_archive(
    archive_slug="heads",
    title="everything",
    values=[
        SocketValueSpec(socket_slug="mri", file=image),
        SocketValueSpec(socket_slug="minimum-volume", value=1.5),
        SocketValueSpec(socket_slug="table", file=folder / "table.csv"),
        SocketValueSpec(socket_slug="notes", file=folder / "notes.json"),
        SocketValueSpec(socket_slug="landmarks", value=points),
    ],
)
wait("the image of the item", lambda: "mri" in values(item.pk))
held = values(item.pk)
seen["held"] = {
    slug: "image" if v.image else "file" if v.file else v.value for slug, v in sorted(held.items())
}
out = folder / "item"
for value in held.values():
    c.download_socket_value(value, output_directory=out)
seen["csv"] = (out / "table.csv").read_text()
seen["notes"] = (out / "notes.json").read_text()
seen["landmarks"] = json.loads((out / "landmarks.json").read_text())
seen["number"] = json.loads((out / "minimum-volume.json").read_text())

# What is there is used again: the image by its address, a number and a file by the value that holds them.
second = c.add_case_to_archive(
    archive_slug="heads",
    values=[
        SocketValueSpec(socket_slug="mri", existing_image_api_url=held["mri"].image),
        SocketValueSpec(socket_slug="minimum-volume", existing_socket_value=held["minimum-volume"]),
        SocketValueSpec(socket_slug="table", existing_socket_value=held["table"]),
    ],
)
again = wait("the second item", lambda: v if len(v := values(second.pk)) == 3 else None)
seen["same_image"] = again["mri"].image == held["mri"].image
seen["same_number"] = again["minimum-volume"].value

# PATCH keeps what it does not name, PUT does not; an empty PATCH changes nothing, an empty title clears.
written = {
    "interface": "minimum-volume", "value": 2.5, "file": None, "image": None,
    "upload_session": None, "user_upload": None, "user_uploads": None, "image_name": None,
}
c.archive_items.partial_update(pk=second.pk, values=[written], title="second")
seen["patched"] = sorted(values(second.pk))
c.archive_items.partial_update(pk=second.pk, values=[])
seen["patched_with_nothing"] = sorted(values(second.pk))
archive = c.archives.detail(slug="heads")
seen["title_twice"] = refused(lambda: c.archive_items.partial_update(pk=second.pk, title="everything"))
c.archive_items.update(pk=second.pk, archive=archive.api_url, values=[written], title="")
seen["put"] = sorted(values(second.pk))
seen["cleared"] = c.archive_items.detail(pk=second.pk).title
seen["delete"] = refused(lambda: c.archive_items.delete(pk=second.pk))
seen["values_in_post"] = refused(lambda: c.archive_items.create(archive=archive.api_url, values=[written]))

# Images are downloaded whole, by id and by address, and never over a file that is there.
c.images.download(pk=held["mri"].image.rstrip("/").split("/")[-1], output_directory=folder / "images", filename="head")
seen["image_bytes"] = (folder / "images" / "head.mha").stat().st_size > 1000
seen["image_twice"] = refused(
    lambda: c.images.download(url=held["mri"].image, output_directory=folder / "images", filename="head")
)

# Uploads: 40 MB in two parts, two files of one name, one that is given up, one of nothing.
large = bytes(range(256)) * (40 * 4096)
upload = c.uploads.upload_fileobj(fileobj=io.BytesIO(large), filename="large.bin")
seen["large"] = c.uploads.detail(pk=upload.pk).status
pair = [c.uploads.upload_fileobj(fileobj=io.BytesIO(text), filename="same.bin") for text in (b"one", b"two")]
seen["two_of_one_name"] = len({u.pk for u in pair})
given_up = c.uploads.create(filename="given-up.bin")
c.uploads.abort_multipart_upload(pk=given_up.pk, s3_upload_id=given_up.s3_upload_id)
seen["aborted"] = c.uploads.detail(pk=given_up.pk).status
seen["after_abort"] = refused(
    lambda: c.uploads.generate_presigned_urls(pk=given_up.pk, s3_upload_id=given_up.s3_upload_id, part_numbers=[1])
)
seen["empty"] = refused(lambda: c.uploads.upload_fileobj(fileobj=io.BytesIO(b""), filename="empty.bin"))
parts = c.uploads.create(filename="parts.bin")
urls = c.uploads.generate_presigned_urls(pk=parts.pk, s3_upload_id=parts.s3_upload_id, part_numbers=[1]).presigned_urls
put = httpx.put(urls["1"], content=b"abc", verify=ca_file)
seen["part"] = [p.Size for p in c.uploads.list_parts(pk=parts.pk, s3_upload_id=parts.s3_upload_id).parts]
seen["wrong_etag"] = refused(
    lambda: c.uploads.complete_multipart_upload(
        pk=parts.pk, s3_upload_id=parts.s3_upload_id, parts=[{"ETag": '"0"', "PartNumber": 1}]
    )
)
forged = httpx.put(urls["1"].replace("signature=", "signature=0"), content=b"abc", verify=ca_file)
seen["forged"] = [forged.status_code, "etag" in forged.headers]
seen["folder_in_name"] = c.uploads.create(filename="a/b.json").filename

# What is wrong is said.
seen["nan"] = refused(
    lambda: c.update_archive_item(
        archive_item_pk=item.pk, values=[SocketValueSpec(socket_slug="minimum-volume", value=float("nan"))]
    )
)
seen["no_socket"] = refused(
    lambda: c.update_archive_item(archive_item_pk=item.pk, values=[SocketValueSpec(socket_slug="no-such", value=1)])
)
seen["two_files_for_one"] = refused(
    lambda: SocketValueSpec(socket_slug="table", files=[folder / "table.csv"], value=1)
)
seen["wrong_archive"] = refused(lambda: c.add_case_to_archive(archive_slug="no-such", values=[]))
seen["foreign_url"] = refused(lambda: c.images.detail(api_url="https://example.org/api/v1/cases/images/1/"))

# Long lists are walked to their end; the order is total.
for number in range(105):
    c.archive_items.create(archive=archive.api_url, title=f"case {number:03}")
pks = [one.pk for one in c.archive_items.iterate_all(params={"archive": archive.pk})]
seen["walked"] = [len(pks), len(set(pks))]
page = c.archive_items.page(offset=100, limit=10, params={"archive": archive.pk})
seen["page"] = [len(page), page.total_count]
seen["beyond"] = len(c.archive_items.page(offset=100000, params={"archive": archive.pk}))
for path in ["reader-studies/", "workstations/configs/", "algorithms/endpoints/"]:
    answer = own.get(base_url + path)
    seen.setdefault("empty_lists", []).append([answer.status_code, answer.json().get("results")])
print(json.dumps(seen))
