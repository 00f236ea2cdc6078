// The page around the screen where no CRM is: language and appearance, remembered on this machine; `?customer=` rings at once.
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

const calling = new URLSearchParams(location.search).get("customer");
if (calling) screen.setAttribute("customer", calling);
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
