"""Lets most requests be about what there is: the algorithm `otsu`, the archive `heads`, jobs that have ended."""

import os

import schemathesis

JOBS = os.environ["GANTRY_JOBS"].split(",")


@schemathesis.serializer("application/toml")
def toml(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    path = context.operation.path
    if not path_parameters or len(str(path_parameters)) % 4 == 0:
        return path_parameters
    known = dict(path_parameters)
    if "slug" in known:
        known["slug"] = "heads" if "/archives/" in path else "mri" if "/sockets/" in path else "otsu"
    if "id" in known and "/jobs/" in path:
        # The last ones are not given up to DELETE.
        jobs = JOBS[:4] if context.operation.method == "delete" else JOBS[4:]
        known["id"] = jobs[len(str(path_parameters)) % len(jobs)]
    if "username" in known:
        known["username"] = "admin"
    return known
