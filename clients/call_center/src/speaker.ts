// Says what changed, through live regions that stay where they are: politely, or at once for what needs attention.
import { html, type TemplateResult } from "lit";

const GONE_MS = 8_000;

export class Speaker {
  private polite = "";
  private urgent = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly changed: () => void) {}

  /** Sentences that come together are said together. */
  say(sentence: string): void {
    this.polite = this.polite && this.polite !== sentence ? `${this.polite} ${sentence}` : sentence;
    this.later();
  }

  warn(sentence: string): void {
    this.urgent = sentence;
    this.later();
  }

  view(): TemplateResult {
    return html`<div class="unseen" role="status" aria-live="polite">${this.polite}</div>
      <div class="unseen" role="alert">${this.urgent}</div>`;
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.polite = "";
      this.urgent = "";
      this.changed();
    }, GONE_MS);
    this.changed();
  }
}
