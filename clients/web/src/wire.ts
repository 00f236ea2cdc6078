// Calls of the server over the Connect protocol with JSON: one POST a call, no dependency.

/** A refusal of the server, or a call that never arrived (`unavailable`). */
export class NbaError extends Error {
  override readonly name = "NbaError";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** Whether the same call may work later. */
  get passing(): boolean {
    return ["unavailable", "deadline_exceeded", "resource_exhausted", "aborted", "internal", "unknown"].includes(this.code);
  }
}

export interface Call {
  token?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Let the request outlive the page. */
  keepalive?: boolean;
}

/** Calls a method with a message in its JSON form. Raises `NbaError`. */
export async function call<Answer>(baseUrl: string, method: string, message: unknown, how: Call = {}): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`${baseUrl}/nba.v1.${method}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "connect-protocol-version": "1",
        ...(how.token && { authorization: `Bearer ${how.token}` }),
      },
      body: JSON.stringify(message),
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      keepalive: how.keepalive ?? false,
      signal: how.signal ?? null,
    });
  } catch (fault) {
    throw new NbaError("unavailable", String(fault));
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer as Answer;
  const { code, message: words } = (answer ?? {}) as { code?: string; message?: string };
  throw new NbaError(code ?? (response.status < 500 ? "invalid_argument" : "unavailable"), words ?? `HTTP ${response.status}`);
}
