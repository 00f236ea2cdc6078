// What can go wrong with a call, as kinds that the screen has words for. Knows Connect's JSON form of errors and nothing of the screen.

export type FaultKind =
  | "offline"
  | "timeout"
  | "unavailable"
  | "overloaded"
  | "no-key"
  | "wrong-key"
  | "not-allowed"
  | "not-found"
  | "invalid"
  | "conflict"
  | "broken";

export interface Violation {
  field: string;
  message: string;
}

/** `retryAfterMs`: when the server says that another try makes sense. */
export class Fault extends Error {
  constructor(
    readonly kind: FaultKind,
    message: string,
    readonly reason = "",
    readonly violations: readonly Violation[] = [],
    readonly retryAfterMs = 0,
  ) {
    super(message);
    this.name = "Fault";
  }

  /** The effect is unknown or nothing happened: the same request may be sent again, and should be. */
  get passing(): boolean {
    return ["offline", "timeout", "unavailable", "overloaded"].includes(this.kind);
  }

  /** The key must be entered (again) before anything else works. */
  get aboutKey(): boolean {
    return this.kind === "no-key" || this.kind === "wrong-key";
  }
}

const KINDS: Record<string, FaultKind> = {
  unavailable: "unavailable",
  deadline_exceeded: "timeout",
  canceled: "timeout",
  resource_exhausted: "overloaded",
  permission_denied: "not-allowed",
  not_found: "not-found",
  invalid_argument: "invalid",
  out_of_range: "invalid",
  failed_precondition: "invalid",
  aborted: "conflict",
  already_exists: "conflict",
};

interface WireError {
  code?: string;
  message?: string;
  details?: { type?: string; value?: string }[];
}

/** The fault of an answer that is no success. Proxies on the way may answer with pages of their own. */
export async function faultOf(response: Response): Promise<Fault> {
  const error = (await response.json().catch(() => ({}))) as WireError;
  const message = error.message ?? `HTTP ${response.status}`;
  const reason = reasonOf(error);
  const wait = Number(response.headers.get("retry-after") ?? 0) * 1000 || 0;
  if (error.code === "unauthenticated" || response.status === 401) {
    return new Fault(reason === "API_KEY_MISSING" ? "no-key" : "wrong-key", message, reason);
  }
  const kind = KINDS[error.code ?? ""] ?? ([502, 503, 504].includes(response.status) ? "unavailable" : "broken");
  return new Fault(kind, message, reason, violationsOf(error), wait);
}

function reasonOf(error: WireError): string {
  const [info] = details(error, "google.rpc.ErrorInfo");
  return info ? text(fields(info).find((field) => field.number === 1)?.bytes) : "";
}

function violationsOf(error: WireError): Violation[] {
  return details(error, "google.rpc.BadRequest").flatMap((message) =>
    fields(message)
      .filter((field) => field.number === 1)
      .map((violation) => {
        const parts = fields(violation.bytes);
        const part = (number: number) => text(parts.find((field) => field.number === number)?.bytes);
        return { field: part(1), message: part(2) };
      }),
  );
}

function details(error: WireError, type: string): Uint8Array[] {
  return (error.details ?? [])
    .filter((detail) => detail.type?.endsWith(type) && detail.value !== undefined)
    .map((detail) => Uint8Array.from(atob(detail.value ?? ""), (letter) => letter.charCodeAt(0)));
}

/** The length-delimited fields of a protobuf message; the two kinds of details that we read have no others before them. */
function fields(bytes: Uint8Array): { number: number; bytes: Uint8Array }[] {
  const found: { number: number; bytes: Uint8Array }[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) !== 2) break;
    const length = varint();
    found.push({ number: tag >>> 3, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

function text(bytes: Uint8Array | undefined): string {
  return bytes ? new TextDecoder().decode(bytes) : "";
}
