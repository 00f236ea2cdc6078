// Calls of nba.v1 in Connect's JSON form. The key travels in a header only, never in an address.
import type { DescribeCatalogResponseJson } from "@nba/protocol/catalog";
import type { GetContactsResponseJson } from "@nba/protocol/contact";
import type { GetCustomerResponseJson } from "@nba/protocol/customer";
import type { DecideRequestJson, DecideResponseJson } from "@nba/protocol/decision";
import type { ListMattersResponseJson } from "@nba/protocol/matter";

import { Fault, faultOf } from "./fault.js";

const TIMEOUT_MS = 8_000;

export class Server {
  constructor(
    readonly baseUrl: string,
    private readonly key: () => string,
    /** Told after each call whether the server was there. */
    private readonly heard: (reached: boolean) => void,
  ) {}

  /** The answer of `Service/Method`. Throws `Fault`; an abort by `signal` is thrown as it is. */
  async call<Answer>(method: string, body: unknown, signal?: AbortSignal): Promise<Answer> {
    const response = await this.send(method, body, signal);
    if (response.ok) {
      this.heard(true);
      return (await response.json()) as Answer;
    }
    const fault = await faultOf(response);
    this.heard(!fault.passing || fault.kind === "overloaded");
    throw fault;
  }

  describe(): Promise<DescribeCatalogResponseJson> {
    return this.call("CatalogService/DescribeCatalog", {});
  }

  customer(id: string): Promise<GetCustomerResponseJson> {
    return this.call("CustomerService/GetCustomer", { customerId: id });
  }

  contacts(id: string): Promise<GetContactsResponseJson> {
    return this.call("ContactService/GetContacts", { customerId: id, maxContacts: 50 });
  }

  matters(id: string): Promise<ListMattersResponseJson> {
    return this.call("MatterService/ListMatters", { customerId: id });
  }

  decide(request: DecideRequestJson, signal: AbortSignal): Promise<DecideResponseJson> {
    return this.call("DecisionService/Decide", request, signal);
  }

  private async send(method: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const key = this.key();
    try {
      return await fetch(`${this.baseUrl}/nba.v1.${method}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "connect-protocol-version": "1",
          "connect-timeout-ms": String(TIMEOUT_MS),
          ...(key ? { authorization: `Bearer ${key}` } : {}),
        },
        body: JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      this.heard(false);
      throw timeout.aborted ? new Fault("timeout", "no answer in time") : new Fault("offline", "no connection");
    }
  }
}
