"""Makes what `drive.py` needs on a fresh server, through Gantry's own API; prints the token.

usage: prepare.py BASE_URL CA_FILE PASSWORD MANIFEST IMAGE_ARCHIVE
"""

import sys
import time
from pathlib import Path

import gcapi
import httpx

base_url, ca_file, password, manifest, archive = sys.argv[1:]
root = base_url.removesuffix("api/v1/") + "api/gantry/v1/"
http = httpx.Client(verify=ca_file, timeout=60)


def done(response, status):
    if response.status_code != status:
        raise SystemExit(f"{response.request.url}: {response.status_code} {response.text}, expected {status}")
    return response.json()


login = {"username": "admin", "password": password, "name": "test"}
done(http.post(root + "login/token/", json={**login, "password": "wrong"}), 401)
token = done(http.post(root + "login/token/", json=login), 201)["token"]
http.headers["Authorization"] = f"Bearer {token}"
done(http.get(root + "me/"), 200)
text = Path(manifest).read_text()
text = text.replace('result_template_file = "results.html.jinja"', 'result_template = "{{ 1 + 1 }}"')
toml = {"Content-Type": "application/toml"}
done(http.post(root + "algorithms/", content=text, headers=toml), 201)
done(http.post(root + "algorithms/", content=text, headers=toml), 409)
done(http.post(root + "archives/", json={"slug": "heads", "title": "Heads"}), 201)

client = gcapi.Client(token=token, base_url=base_url, verify=ca_file)
with open(archive, "rb") as file:
    upload = client.uploads.upload_fileobj(fileobj=file, filename=Path(archive).name)
pushed = done(http.post(root + "algorithms/otsu/images/", json={"upload": upload.pk}), 202)
end = time.monotonic() + 120
while pushed["import_state"] in ("queued", "started"):
    if time.monotonic() > end:
        raise SystemExit("the container image is not imported after two minutes")
    time.sleep(0.1)
    pushed = done(http.get(root + "algorithms/otsu/images/"), 200)[-1]
if pushed["import_state"] != "completed" or not pushed["is_active"]:
    raise SystemExit(f"the container image is refused: {pushed}")
print(token)
