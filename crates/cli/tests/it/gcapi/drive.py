"""Drives a running Gantry server with the unmodified gcapi client, and says what it saw: one JSON object on stdout.

usage: drive.py BASE_URL CA_FILE TOKEN IMAGE FOLDER
The server has the algorithm `otsu` with an active container image, and the archive `heads`.
"""

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


def client(token):
    return gcapi.Client(token=token, base_url=base_url, verify=ca_file)


def wait(what, look, seconds=120):
    """Polls as users do, until `look` gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit(f"{what}: nothing after {seconds} s")


def ended(c, pk):
    def look():
        job = c.algorithm_jobs.detail(pk=pk)
        return job if job.status in ("Succeeded", "Failed", "Cancelled") else None

    return wait(f"job {pk}", look)


def refused(call):
    """The status and body of a refusal, or the client's own complaint."""
    try:
        call()
    except httpx.HTTPStatusError as error:
        return {"status": error.response.status_code, "body": error.response.json()}
    except Exception as error:  # the kind is what is asserted
        return {"error": type(error).__name__, "text": str(error)}
    return "accepted"


c = client(token)
algorithm = c.algorithms.detail(slug="otsu")
seen["algorithm"] = {
    "title": algorithm.title,
    "interfaces": sorted(
        (sorted(s.slug for s in i.inputs), sorted(s.slug for s in i.outputs)) for i in algorithm.interfaces
    ),
}

# A job with an image; one with an image and a number; one that uses the image of the first again.
started = c.start_algorithm_job(algorithm_slug="otsu", inputs=[SocketValueSpec(socket_slug="mri", file=image)])
first = ended(c, started.pk)
seen["first"] = {
    "status": first.status,
    "outputs": {v.socket.slug: "image" if v.image else "file" if v.file else v.value for v in first.outputs},
}
out = folder / "first"
for value in first.outputs:
    c.download_socket_value(value, output_directory=out)
seen["downloaded"] = sorted(str(p.relative_to(out).parent if p.suffix == ".mha" else p.relative_to(out)) for p in out.rglob("*") if p.is_file())
mri = first.inputs[0]
numbered = c.start_algorithm_job(
    algorithm_slug="otsu",
    inputs=[
        SocketValueSpec(socket_slug="mri", existing_image_api_url=mri.image),
        SocketValueSpec(socket_slug="minimum-volume", value=1.5),
    ],
)
second = ended(c, numbered.pk)
seen["second"] = {"status": second.status, "volume": [v.value for v in second.inputs if v.value is not None]}
detail = c.images.detail(api_url=mri.image)
seen["image"] = {
    "name": detail.name,
    "shape": detail.shape,
    "type": [f.image_type.value for f in detail.files],
    "voxel": [detail.voxel_width_mm, detail.voxel_height_mm, detail.voxel_depth_mm],
}
seen["jobs_of_image"] = len(list(c.algorithm_jobs.by_input_image(pk=detail.pk)))
seen["all_jobs"] = len(list(c.algorithm_jobs.iterate_all()))

# An archive: a case is added, changed, and read back.
item = c.add_case_to_archive(
    archive_slug="heads", values=[SocketValueSpec(socket_slug="mri", file=image)], title="a head"
)


def filled():
    found = c.archive_items.detail(pk=item.pk)
    return found if found.values else None


found = wait("the archive's image", filled)
seen["item"] = {"title": found.title, "sockets": [v.socket.slug for v in found.values]}
c.update_archive_item(
    archive_item_pk=item.pk, values=[SocketValueSpec(socket_slug="minimum-volume", value=0.25)], title="the head"
)
found = c.archive_items.detail(pk=item.pk)
seen["item_updated"] = {"title": found.title, "sockets": sorted(v.socket.slug for v in found.values)}
seen["items"] = len(list(c.archive_items.iterate_all(params={"archive": found.archive.rstrip("/").split("/")[-1]})))

# What is wrong is said.
broken = folder / "broken.mha"
broken.write_bytes(b"ObjectType = Image\nNDims = 3\n")
job = c.start_algorithm_job(algorithm_slug="otsu", inputs=[SocketValueSpec(socket_slug="mri", file=broken)])
seen["broken_image"] = ended(c, job.pk).status
seen["wrong_token"] = refused(lambda: client("0" * 64).algorithms.detail(slug="otsu"))
seen["wrong_slug"] = refused(lambda: c.algorithms.detail(slug="no-such-algorithm"))
seen["wrong_pk"] = refused(lambda: c.algorithm_jobs.detail(pk="nonsense"))
seen["wrong_schema"] = refused(
    lambda: c.start_algorithm_job(
        algorithm_slug="otsu",
        inputs=[
            SocketValueSpec(socket_slug="mri", existing_image_api_url=mri.image),
            SocketValueSpec(socket_slug="minimum-volume", value=-1),
        ],
    )
)
seen["wrong_inputs"] = refused(
    lambda: c.start_algorithm_job(
        algorithm_slug="otsu", inputs=[SocketValueSpec(socket_slug="minimum-volume", value=1)]
    )
)

# Large and small uploads in several parts.
large = folder / "large.bin"
large.write_bytes(bytes(range(256)) * (33 * 4096))
with large.open("rb") as file:
    upload = c.uploads.upload_fileobj(fileobj=file, filename="large.bin")
seen["upload"] = c.uploads.detail(pk=upload.pk).status
print(json.dumps(seen))
