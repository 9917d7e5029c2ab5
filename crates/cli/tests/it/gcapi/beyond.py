"""What our own API does beyond the compatible one, on a real server with real containers: one JSON object on stdout.

usage: beyond.py BASE_URL CA_FILE TOKEN IMAGE FOLDER
The server has the algorithm `otsu` with an active container image, and the archive `heads`.
"""

import csv
import io
import json
import struct
import sys
import tarfile
import time
import zipfile
import zlib

import gcapi
import httpx
from gcapi import SocketValueSpec

base_url, ca_file, token, image, folder = sys.argv[1:]
server = base_url.removesuffix("/api/v1/")
root = "/api/gantry/v1/"
http = httpx.Client(base_url=server, verify=ca_file, headers={"Authorization": f"Bearer {token}"}, timeout=60)
nobody = httpx.Client(base_url=server, verify=ca_file, timeout=60)
c = gcapi.Client(token=token, base_url=base_url, verify=ca_file)
seen = {}


def ask(method, path, status=200, **more):
    answer = http.request(method, root + path, **more)
    if answer.status_code != status:
        raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:500]}, expected {status}")
    is_json = answer.headers.get("content-type") == "application/json"
    return answer.json() if is_json else answer


def wait(what, look, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise SystemExit(f"{what}: nothing after {seconds} s")


def ended(job):
    def look():
        found = ask("GET", f"jobs/{job}/")
        return found if found["state"] in ("succeeded", "failed", "cancelled") else None

    return wait(f"job {job}", look)


def upload(data, name):
    return c.uploads.upload_fileobj(fileobj=io.BytesIO(data), filename=name).pk


# A job through our own API: asked first, then submitted.
with open(image, "rb") as file:
    uploaded = upload(file.read(), "head-mr.mha")
wanted = {"algorithm": "otsu", "inputs": {"mri": {"uploads": [uploaded]}}, "comment": "Baseline scan"}
check = ask("POST", "jobs/check/", json=wanted)
seen["check"] = [check["is_accepted"], check["interface"]["inputs"], check["never_because"]]
first = ask("POST", "jobs/", 201, json=wanted)["id"]
job = ended(first)
seen["first"] = [job["state"], job["comment"], job["algorithm_slug"]]
outputs = {value["slug"]: value for value in ask("GET", f"jobs/{first}/outputs/")}
seen["geometry"] = outputs["tissue"]["geometry"]["aligned"]
mri = ask("GET", f"jobs/{first}/inputs/")[0]
archive = zipfile.ZipFile(io.BytesIO(ask("GET", f"jobs/{first}/outputs.zip").content))
seen["zip"] = [sorted(archive.namelist()), archive.testzip()]
report = json.loads(archive.read("gantry/report.json"))
seen["zip_report"] = report["status"]
# Not where the server has them.
seen["places"] = [report["files"], [value["path"] in archive.namelist() for value in report["outputs"] if not value["image"]]]
seen["zip_log"] = b"threshold" in archive.read("gantry/log.txt")
seen["found"] = [len(ask("GET", f"jobs/?search={text}")["results"]) for text in ("base", "head-mr", "nothing")]

# Once more; public for everybody with its images; gone with its outputs.
again = ask("POST", f"jobs/{first}/retry/", 201)
seen["retry"] = [again["retry_of"] == first, ended(again["id"])["state"]]
file = [v for v in ask("GET", f"jobs/{again['id']}/outputs/") if v["slug"] == "tissue"][0]["image_id"]
place = http.get(f"{root}images/{file}/").json()["file"]
before = nobody.get(place).status_code
ask("PATCH", f"jobs/{again['id']}/", json={"is_public": True})
seen["public"] = [before, nobody.get(place).status_code, nobody.get(f"{root}jobs/{again['id']}/").status_code]
ask("DELETE", f"jobs/{again['id']}/", 204)
seen["deleted"] = [nobody.get(place).status_code, http.get(f"{root}jobs/{again['id']}/").status_code]
seen["input_stays"] = http.get(f"{root}images/{mri['image_id']}/").status_code

# Over a whole archive: two items fit, one does not.
for title in ("=one", "two"):
    c.add_case_to_archive(
        archive_slug="heads", title=title,
        values=[SocketValueSpec(socket_slug="mri", existing_image_api_url=mri["image"])],
    )
c.add_case_to_archive(archive_slug="heads", title="odd", values=[SocketValueSpec(socket_slug="minimum-volume", value=1)])
run = ask("POST", "archives/heads/runs/", 201, json={"algorithm": "otsu"})
seen["run"] = [run["total"], [skipped["reason"] for skipped in run["skipped"]]]
place = f"archives/heads/runs/{run['id']}/"
run = wait("the run", lambda: r if (r := ask("GET", place))["ended"] == 2 else None)
seen["run_ended"] = run["jobs"]
table = ask("GET", place + "results/")["results"]
seen["table"] = sorted(row["title"] for row in table), sorted(table[0]["outputs"])
rows = list(csv.DictReader(io.StringIO(ask("GET", place + "results.csv").text)))
seen["csv"] = [sorted(row["title"] for row in rows), all(float(row["tissue-volume"]) > 0 for row in rows)]
archive = zipfile.ZipFile(io.BytesIO(ask("GET", place + "outputs.zip").content))
seen["run_zip"] = [sorted({name.split("/")[0] for name in archive.namelist()}), archive.testzip()]
seen["run_cancelled"] = ask("POST", place + "cancel/")["jobs"]
seen["run_jobs"] = len(ask("GET", f"jobs/?archive_run={run['id']}")["results"])

# The algorithm: template, logo, weights, versions, statistics.
preview = ask("POST", "algorithms/otsu/result-template/preview/", json={"template": "{{ 1 + 1 }}", "results": {}})
seen["preview"] = preview["text"].strip()
broken = ask("POST", "algorithms/otsu/result-template/preview/", 400, json={"template": "{{ 1 +", "results": {}})
seen["broken_template"] = list(broken)


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(width) for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


seen["logo_refused"] = [
    list(ask("PUT", "algorithms/otsu/logo/", 400, content=data)) for data in (b"x", png(64, 32), png(8, 8))
]
ask("PUT", "algorithms/otsu/logo/", 204, content=png(64, 64))
logo = ask("GET", "algorithms/otsu/logo/")
seen["logo"] = [logo.headers["content-type"], logo.content == png(64, 64)]
tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode="w:gz") as packed:
    member = tarfile.TarInfo("weights.txt")
    member.size = 3
    packed.addfile(member, io.BytesIO(b"abc"))
model = ask("POST", "algorithms/otsu/models/", 202, json={"upload": upload(tar.getvalue(), "model.tar.gz")})
models = lambda: ask("GET", "algorithms/otsu/models/")
wait("the weights", lambda: models()[0]["import_state"] == "completed")
seen["model"] = models()[0]["is_active"]
seen["model_in_use"] = http.delete(f"{root}algorithms/otsu/models/{model['id']}/").status_code
ask("POST", "algorithms/otsu/models/deactivate/", 204)
ask("DELETE", f"algorithms/otsu/models/{model['id']}/", 204)
seen["models_left"] = models()
active = ask("GET", "algorithms/otsu/")["active_image"]
seen["version_in_use"] = http.delete(f"{root}algorithms/otsu/images/{active}/").status_code
statistics = ask("GET", "algorithms/otsu/statistics/")
seen["statistics"] = [statistics["measured"], statistics["run_seconds"]["most"] > 0, statistics["peak_memory"] is not None]

# The page, and what the log of the audit says of all this.
page = nobody.get("/api/")
seen["page"] = [page.status_code, page.headers["content-security-policy"].startswith("default-src 'none'")]
with open(f"{folder}/api.html", "w") as kept:
    kept.write(page.text)
done = {line["action"] for line in ask("GET", "audit/?limit=1000")}
seen["audited"] = sorted(done & {"job.create", "job.retry", "job.visibility", "job.delete", "archive_run.create"})
print(json.dumps(seen))
