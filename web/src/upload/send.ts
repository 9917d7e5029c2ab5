// One file to the server, in parts that are each tried again; what had arrived before is not sent twice.

const PART = 16 * 1024 * 1024;
const AT_ONCE = 3;
const TRIES = 6;
const MOST_PARTS = 10_000;

interface Begun {
  pk: string;
  s3_upload_id: string;
  status: string;
}

interface Arrived {
  ETag: string;
  PartNumber: number;
  Size: number;
}

export async function sendFile(
  file: File,
  csrf: string,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<string> {
  const part = Math.max(PART, Math.ceil(file.size / MOST_PARTS));
  const count = Math.ceil(file.size / part);
  const call = caller(csrf, signal);
  const key = `gantry-upload:${file.name}:${file.size}:${file.lastModified}:${part}`;
  const [upload, arrived] = await begin(call, key, file);
  const base = `/api/v1/uploads/${upload.pk}/${upload.s3_upload_id}`;
  const etags = new Map<number, string>();
  for (const one of arrived) {
    if (one.Size === partOf(file, one.PartNumber, part).size) {
      etags.set(one.PartNumber, one.ETag);
    }
  }
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !etags.has(number));
  const tell = (): void => progress(count === 0 ? 1 : etags.size / count);
  tell();
  const worker = async (): Promise<void> => {
    for (let number = missing.shift(); number !== undefined; number = missing.shift()) {
      etags.set(number, await sendPart(call, base, number, partOf(file, number, part)));
      tell();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const parts = [...etags].sort(([a], [b]) => a - b).map(([number, etag]) => ({ ETag: etag, PartNumber: number }));
  await call("PATCH", `${base}/complete-multipart-upload/`, { parts });
  localStorage.removeItem(key);
  return upload.pk;
}

function partOf(file: File, number: number, part: number): Blob {
  return file.slice((number - 1) * part, Math.min(number * part, file.size));
}

type Call = (method: string, url: string, body?: unknown) => Promise<unknown>;

function caller(csrf: string, signal: AbortSignal): Call {
  return async (method, url, body) => {
    const init: RequestInit = {
      method,
      signal,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
    }
    const answer = await fetch(url, init);
    const said: unknown = await answer.json();
    if (!answer.ok) {
      throw new Error(text(said));
    }
    return said;
  };
}

// A refusal of the API, as one sentence.
function text(said: unknown): string {
  if (typeof said === "object" && said !== null) {
    return Object.values(said).flat().join(" ");
  }
  return String(said);
}

async function begin(call: Call, key: string, file: File): Promise<[Begun, Arrived[]]> {
  const known = localStorage.getItem(key);
  if (known !== null) {
    try {
      const upload = JSON.parse(known) as Begun;
      const there = (await call("GET", `/api/v1/uploads/${upload.pk}/${upload.s3_upload_id}/list-parts/`)) as Begun & {
        parts: Arrived[];
      };
      if (there.status === "Initialized") {
        return [upload, there.parts];
      }
    } catch {
      // Its time is over, or it was somebody else's: begin anew.
    }
  }
  const begun = (await call("POST", "/api/v1/uploads/", { filename: file.name })) as Begun;
  localStorage.setItem(key, JSON.stringify(begun));
  return [begun, []];
}

async function sendPart(call: Call, base: string, number: number, bytes: Blob): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    try {
      const signed = (await call("PATCH", `${base}/generate-presigned-urls/`, { part_numbers: [number] })) as {
        presigned_urls: Record<string, string>;
      };
      const url = signed.presigned_urls[String(number)] ?? "";
      const answer = await fetch(new URL(url).pathname + new URL(url).search, { method: "PUT", body: bytes });
      const etag = answer.headers.get("ETag");
      if (!answer.ok || etag === null) {
        throw new Error(text(await answer.json()));
      }
      return etag;
    } catch (problem) {
      if (tries === TRIES || (problem instanceof DOMException && problem.name === "AbortError")) {
        throw problem;
      }
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** tries));
    }
  }
}
