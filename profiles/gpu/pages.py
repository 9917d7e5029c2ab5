"""pages.py SERVER CA PASSWORD FOLDER JOB...: the pages of jobs as a browser without scripts gets them, into FOLDER.

Logs in as `admin` with the password of the first start, which has to be changed first; the other one is forgotten with the server.
"""

import http.cookiejar
import pathlib
import re
import ssl
import sys
import urllib.parse
import urllib.request

server, authority, password, folder, *jobs = sys.argv[1:]
server = server.rstrip("/")
trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority))
cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
browser = urllib.request.build_opener(trust, cookies)


def page(path):
    with browser.open(server + path) as answer:
        return answer.read().decode()


def send(path, form, **fields):
    """Fills in a form that stands on a page, with the secret that it holds."""
    secret = re.search(r'name="csrf" value="([^"]*)"', page(path))
    fields["csrf"] = secret.group(1) if secret else ""
    with browser.open(server + form, urllib.parse.urlencode(fields).encode()) as answer:
        return answer.read().decode()


send("/login/", "/login/", username="admin", password=password, next="/")
other = password + "-changed"
send("/account/", "/account/password/", new=other, again=other)
for job in jobs:
    text = page(f"/jobs/{job}/")
    pathlib.Path(folder, f"{job}.html").write_text(text)
