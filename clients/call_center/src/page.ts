// The page around the screen where no CRM is: language and appearance, remembered on this machine; `#customer=` rings at once.
import { LANGUAGES, type TextKey, Texts } from "./texts.js";

const LANGUAGE = "nba-agent/language";
const THEME = "nba-agent/theme";

const screen = document.querySelector("nba-agent-screen") as HTMLElement;
const language = document.querySelector("#language") as HTMLSelectElement;
const theme = document.querySelector("#theme") as HTMLSelectElement;

function speak(): void {
  const texts = new Texts(language.value, {}, undefined);
  const set = (selector: string, key: TextKey) => {
    const element = document.querySelector(selector);
    if (element) element.textContent = texts.t(key);
  };
  document.documentElement.lang = language.value;
  document.title = texts.t("page.title");
  set("h1", "page.title");
  set('label[for="language"]', "page.language");
  set('label[for="theme"]', "page.theme");
  set('#theme option[value=""]', "page.theme.auto");
  set('#theme option[value="light"]', "page.theme.light");
  set('#theme option[value="dark"]', "page.theme.dark");
  screen.setAttribute("lang", language.value);
}

function paint(): void {
  document.documentElement.dataset["theme"] = theme.value;
  screen.setAttribute("theme", theme.value);
}

// What stands behind # is never sent to a server; it is taken out of the address so that a reload goes on with the call, whoever's it is.
function ring(): void {
  const calling = new URLSearchParams(location.hash.slice(1)).get("customer");
  if (!calling) return;
  history.replaceState(null, "", location.pathname);
  screen.setAttribute("customer", calling);
}

ring();
addEventListener("hashchange", ring);
const system = navigator.language.split("-")[0] ?? "en";
language.value = localStorage.getItem(LANGUAGE) ?? (LANGUAGES.includes(system) ? system : "en");
theme.value = localStorage.getItem(THEME) ?? "";
language.addEventListener("change", () => {
  localStorage.setItem(LANGUAGE, language.value);
  speak();
});
theme.addEventListener("change", () => {
  localStorage.setItem(THEME, theme.value);
  paint();
});
speak();
paint();
