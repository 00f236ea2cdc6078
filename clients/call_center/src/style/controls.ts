// Type, buttons, fields, badges: the small parts of which the regions are made.
import { css } from "lit";

export const controls = css`
  *,
  *::before {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  form {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h2 {
    font-size: 0.8125rem;
    font-weight: 650;
    letter-spacing: 0.01em;
  }
  h3 {
    font-size: 0.9375rem;
    font-weight: 600;
    line-height: 1.3;
  }
  .panel h3,
  h3.small {
    color: var(--_faint);
    font-size: 0.75rem;
    font-weight: 600;
  }
  small {
    font-weight: 400;
    color: var(--_faint);
    font-size: 0.75rem;
  }
  .faint {
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .unseen,
  .narrow-name {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  button,
  input,
  select,
  textarea {
    min-block-size: 2rem;
    padding: 0.25rem 0.625rem;
    border: 1px solid var(--_edge);
    border-radius: calc(var(--_radius) - 2px);
    color: inherit;
    background: var(--_surface);
    font: inherit;
  }
  button {
    display: inline-flex;
    gap: 0.375rem;
    align-items: center;
    justify-content: center;
    font-weight: 550;
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    background: var(--_sunken);
  }
  button:disabled {
    color: var(--_faint);
    border-color: var(--_line);
    cursor: default;
  }
  button.primary {
    color: var(--_on-accent);
    background: var(--_accent);
    border-color: var(--_accent);
  }
  button.primary:hover {
    filter: brightness(1.08);
    background: var(--_accent);
  }
  button.quiet {
    padding-inline: 0.375rem;
    color: var(--_accent);
    background: none;
    border-color: transparent;
    font-weight: 500;
  }
  button.quiet:hover {
    background: var(--_accent-wash);
  }
  textarea {
    inline-size: 100%;
    padding-block: 0.375rem;
    resize: vertical;
  }
  :is(button, input, select, textarea, section, summary):focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  section:focus {
    border-radius: var(--_radius);
  }
  kbd {
    padding: 0 0.25rem;
    border: 1px solid var(--_line);
    border-radius: 3px;
    color: var(--_faint);
    background: var(--_surface);
    font: 500 0.6875rem/1.3 var(--_font);
  }
  .reactions kbd,
  .choices kbd {
    text-transform: uppercase;
  }
  .badge {
    padding: 0.0625rem 0.5rem;
    border-radius: 99px;
    color: var(--_faint);
    background: var(--_sunken);
    font-size: 0.75rem;
    font-weight: 600;
    white-space: nowrap;
  }
  .badge.good {
    color: var(--_good);
    background: var(--_good-wash);
  }
  .badge.warn {
    color: var(--_warn);
    background: var(--_warn-wash);
  }
  .badge.learn {
    color: var(--_learn);
    background: var(--_learn-wash);
  }
  .chip {
    min-block-size: 1.75rem;
    padding: 0.125rem 0.625rem;
    border-radius: 99px;
    font-weight: 500;
  }
  .chip[aria-pressed="true"],
  .chip[aria-pressed="true"]:hover:not(:disabled),
  .chip.set {
    color: var(--_on-accent);
    background: var(--_accent);
    border-color: var(--_accent);
  }
  span.chip {
    display: inline-flex;
    align-items: center;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
  }
  .stack {
    display: grid;
    gap: 0.375rem;
    justify-items: start;
    margin-block-start: 0.5rem;
  }
  .stack label {
    font-size: 0.8125rem;
  }
  .notice {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
    align-items: center;
    padding: 0.375rem 0.75rem;
    border-radius: var(--_radius);
    background: var(--_sunken);
  }
  .notice.warn {
    color: var(--_warn);
    background: var(--_warn-wash);
  }
  .notice.bad {
    color: var(--_bad);
    background: var(--_bad-wash);
  }
  .notice button.quiet {
    color: inherit;
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .bad-text {
    color: var(--_bad);
    font-size: 0.8125rem;
  }
  .push {
    margin-inline-start: auto;
  }
  [hidden] {
    display: none !important;
  }
  @media (forced-colors: active) {
    .chip[aria-pressed="true"] {
      border-width: 3px;
    }
  }
`;
