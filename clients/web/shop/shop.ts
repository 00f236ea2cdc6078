// The example shop: an ordinary page that uses the SDK as any site would.
import type * as Sdk from "../src/index.js";
import { openSession } from "./session.js";
import { AISLES, money, PRODUCTS, type Product } from "./shelf.js";

declare const NBA: typeof Sdk;

const AGREED = "example.agreed";
const basket: Product[] = [];
const find = <T extends HTMLElement>(selector: string) => document.querySelector(selector) as T;
const aisle = new URLSearchParams(location.search).get("aisle") ?? "";
const agreed = localStorage.getItem(AGREED);

furnish();
const session = await openSession();
const nba = NBA.createClient({
  ...session.options,
  consent: agreed === "yes",
  budgetMs: 1_500,
  assetBase: new URL("img/", location.href).href,
  onEvent: ({ kind, action }) => note(`${kind}: ${action}`),
  onError: (error) => note(`error: ${error.message}`),
});
const context = { page: aisle ? "aisle" : "home" };
for (const id of session.customers) find<HTMLSelectElement>("#customer").append(new Option(id, id));
find<HTMLSelectElement>("#customer").value = session.customer;
find("#customer").addEventListener("change", () => void changeCustomer(find<HTMLSelectElement>("#customer").value));
find("#privacy").addEventListener("click", ask);
find("#order").addEventListener("click", order);
find<HTMLDialogElement>("#consent").addEventListener("close", () => void answered());
if (agreed === null) ask();
tell(await nba.fill({ context }));

/** What does not depend on anybody. */
function furnish(): void {
  for (const [id, name] of Object.entries(AISLES)) {
    const link = document.createElement("a");
    link.href = `./?aisle=${id}`;
    link.textContent = name;
    if (id === aisle) link.setAttribute("aria-current", "page");
    find("#aisles").append(link);
  }
  if (aisle in AISLES) find("#shelf-title").textContent = AISLES[aisle] ?? "";
  for (const product of PRODUCTS.filter((one) => !(aisle in AISLES) || one.aisle === aisle)) find("#shelf").append(shelved(product));
}

function shelved(product: Product): HTMLElement {
  const item = document.createElement("li");
  const image = Object.assign(new Image(96, 96), { src: `img/${product.image}.svg`, alt: "" });
  const name = Object.assign(document.createElement("strong"), { textContent: product.name });
  const price = Object.assign(document.createElement("span"), { textContent: money(product.price) });
  const add = Object.assign(document.createElement("button"), { type: "button", textContent: "Add" });
  add.setAttribute("aria-label", `Add ${product.name}`);
  add.addEventListener("click", () => put(product));
  const line = document.createElement("p");
  line.append(price, add);
  item.append(image, name, line);
  return item;
}

function put(product: Product): void {
  basket.push(product);
  const line = document.createElement("li");
  line.append(product.name, Object.assign(document.createElement("span"), { textContent: money(product.price) }));
  find("#basket").append(line);
  find("#total").textContent = money(total());
  find<HTMLButtonElement>("#order").disabled = false;
}

function total(): number {
  return basket.reduce((sum, product) => sum + product.price, 0);
}

/** A purchase counts for the offer that was clicked before it, on this page or an earlier one. */
function order(): void {
  const counted = nba.convert({ orderId: crypto.randomUUID(), value: total(), product: basket[0]?.name ?? "" });
  note(counted ? `converted: ${money(total())}, put down to the last offer that was clicked` : "ordered; no offer was clicked before");
  basket.length = 0;
  find("#basket").replaceChildren();
  find("#total").textContent = money(0);
  find<HTMLButtonElement>("#order").disabled = true;
  find("#thanks").textContent = "Thank you! (Nothing was sold.)";
}

/** Sign-in: the shop's server learns which visitor this was, the SDK takes the new token, the places are filled anew. */
async function changeCustomer(customer: string): Promise<void> {
  if (customer) {
    await nba.flush();
    await session.signIn(customer, nba.visitorId);
    await nba.identify();
  } else {
    await nba.reset();
    await session.signIn("", undefined);
  }
  note(customer ? `signed in: the visitor is ${customer} now` : "signed out: whoever comes next is somebody else");
  tell(await nba.refill({ context }));
}

function ask(): void {
  const dialog = find<HTMLDialogElement>("#consent");
  if (!dialog.open) dialog.show();
}

async function answered(): Promise<void> {
  const answer = find<HTMLDialogElement>("#consent").returnValue;
  localStorage.setItem(AGREED, answer === "yes" ? "yes" : "no");
  nba.consent(answer === "yes");
  note(answer === "yes" ? "consent given" : "no consent: nothing is kept, the places show the same to everybody");
  if (answer === "yes") tell(await nba.refill({ context }));
}

function tell(decision: Sdk.Decision | undefined): void {
  if (!decision) return note("no decision: the places show their fallback");
  note(`decision ${decision.id}`);
  for (const offer of decision.offers) note(`  ${offer.placement}: ${offer.action}`);
}

function note(text: string): void {
  find("#log").append(Object.assign(document.createElement("li"), { textContent: text }));
}
