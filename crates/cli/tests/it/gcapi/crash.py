"""Submits jobs and leaves, or waits for jobs of an earlier call.

usage: crash.py BASE_URL CA_FILE TOKEN submit IMAGE   prints the ids of twelve jobs
       crash.py BASE_URL CA_FILE TOKEN wait IDS       prints their states and the number of their outputs
"""

import json
import sys
import time

import gcapi
from gcapi import SocketValueSpec

base_url, ca_file, token, what, argument = sys.argv[1:]
c = gcapi.Client(token=token, base_url=base_url, verify=ca_file)
final = ("Succeeded", "Failed", "Cancelled")

if what == "submit":
    first = c.start_algorithm_job(algorithm_slug="otsu", inputs=[SocketValueSpec(socket_slug="mri", file=argument)])
    while not (image := c.algorithm_jobs.detail(pk=first.pk).inputs):
        time.sleep(0.01)
    again = SocketValueSpec(socket_slug="mri", existing_image_api_url=image[0].image)
    jobs = [c.start_algorithm_job(algorithm_slug="otsu", inputs=[again]).pk for _ in range(11)]
    print(",".join([first.pk, *jobs]))
else:
    end = time.monotonic() + 60
    jobs = []
    for pk in argument.split(","):
        job = c.algorithm_jobs.detail(pk=pk)
        while job.status not in final:
            if time.monotonic() > end:
                raise SystemExit(f"job {pk} is {job.status} after a minute")
            time.sleep(0.05)
            job = c.algorithm_jobs.detail(pk=pk)
        jobs.append(job)
    print(json.dumps({"states": [job.status for job in jobs], "outputs": [len(job.outputs) for job in jobs]}))
