// The example shop's own server: who is signed in, and tokens for the decision server. `nba demo` has one; where there is none
// (the page comes straight from a decision server without API keys) the page itself says who it is, which only development may.
import type { Options } from "../src/index.js";

export interface Session {
  options: Options;
  customers: readonly string[];
  customer: string;
  /** Tells the shop's server who signed in or out (""), and which visitor that was. */
  signIn(customer: string, visitorId: string | undefined): Promise<void>;
}

interface Told {
  baseUrl: string;
  customers: string[];
  customer: string;
}

const HERE = "../example/";
const WITHOUT = "example.customer";

export async function openSession(): Promise<Session> {
  const response = await fetch(`${HERE}session`).catch(() => undefined);
  if (!response?.ok) return withoutServer();
  const told = (await response.json()) as Told;
  return {
    options: { baseUrl: told.baseUrl, getToken: async (visitorId) => (await post<{ token: string }>("token", { visitorId })).token },
    customers: told.customers,
    customer: told.customer,
    signIn: async (customer, visitorId) => void (await post("sign-in", { customer, visitorId })),
  };
}

function withoutServer(): Session {
  const customer = sessionStorage.getItem(WITHOUT) ?? "";
  const customers = ["household-1", "household-7", "household-8"];
  return {
    options: { baseUrl: location.origin, ...(customer && { customerId: customer }) },
    customers,
    customer,
    signIn: async (next) => {
      sessionStorage.setItem(WITHOUT, next);
      location.reload();
    },
  };
}

async function post<Answer>(name: string, message: unknown): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(HERE + name, { method: "POST", headers, body: JSON.stringify(message) });
  if (!response.ok) throw new Error(`the example's server answered ${response.status}`);
  return (await response.json()) as Answer;
}
