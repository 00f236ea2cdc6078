// The caller's file: matters, profile, consents, contacts; and the help dialog.
import { css } from "lit";

export const file = css`
  .facts-list {
    display: grid;
    gap: 0.1875rem;
  }
  .facts-list div {
    display: grid;
    gap: 0.75rem;
    grid-template-columns: minmax(0, 2fr) minmax(0, 3fr);
    align-items: baseline;
  }
  .facts-list dt {
    font-size: 0.8125rem;
  }
  .tags {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem;
  }
  .tags li {
    padding: 0.0625rem 0.5rem;
    border-radius: 4px;
    background: var(--_sunken);
    font-size: 0.8125rem;
  }
  .consents li,
  .mutes li {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75rem;
    justify-content: space-between;
    font-size: 0.8125rem;
  }
  .consents li + li,
  .mutes li + li {
    margin-block-start: 0.1875rem;
  }
  .yes {
    color: var(--_good);
    font-weight: 600;
  }
  .no {
    color: var(--_bad);
    font-weight: 600;
  }
  .matter + .matter {
    margin-block-start: 0.75rem;
    padding-block-start: 0.75rem;
    border-block-start: 1px solid var(--_line);
  }
  .matter {
    display: grid;
    gap: 0.25rem;
  }
  .panel .matter h3 {
    color: var(--_text);
    font-size: 0.875rem;
  }
  .matters:has(.matter.open) {
    border-color: var(--_warn);
  }
  .matter-head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: baseline;
    justify-content: space-between;
  }
  .advice {
    font-weight: 550;
  }
  .note {
    padding-inline-start: 0.625rem;
    border-inline-start: 3px solid var(--_line);
    white-space: pre-line;
  }
  .matters > ul:has(li) ~ button {
    margin-block-start: 0.25rem;
  }
  .matters > button {
    justify-self: start;
    margin-inline-start: -0.375rem;
  }
  .profile > button {
    justify-self: start;
    margin-inline-start: -0.375rem;
  }
  .limits {
    display: grid;
    gap: 0.5rem;
  }
  .limit {
    display: grid;
    gap: 0 0.75rem;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    font-size: 0.8125rem;
  }
  .limit-use {
    grid-column: 1 / -1;
    color: var(--_faint);
    font-size: 0.75rem;
  }
  .meter .on {
    fill: var(--_accent);
  }
  .meter .off {
    fill: none;
    stroke: var(--_edge);
  }
  .limit.full .on {
    fill: var(--_warn);
  }
  .limit.full strong {
    color: var(--_warn);
    font-weight: 600;
  }
  .history {
    display: grid;
  }
  .entry {
    display: grid;
    gap: 0 0.625rem;
    padding-block: 0.375rem;
    grid-template-columns: 3.75rem minmax(0, 1fr);
    font-size: 0.8125rem;
  }
  .entry + .entry {
    border-block-start: 1px solid var(--_line);
  }
  .channel {
    grid-row: span 2;
    color: var(--_faint);
    font-size: 0.75rem;
    font-weight: 600;
    line-height: 1.55;
  }
  .entry-title {
    font-weight: 550;
  }
  .entry time,
  .entry-state {
    grid-column: 2;
    color: var(--_faint);
    font-size: 0.75rem;
  }
  .entry.over .entry-title {
    color: var(--_faint);
    font-weight: 400;
  }
  .help {
    inline-size: min(30rem, calc(100vw - 2rem));
    padding: 1.25rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) + 4px);
    color: var(--_text);
    background: var(--_surface);
  }
  .help::backdrop {
    background: rgb(0 0 0 / 45%);
  }
  .help h2 {
    margin-block-end: 0.75rem;
    font-size: 1rem;
  }
  .help dl {
    display: grid;
    gap: 0.25rem;
    margin-block-end: 0.75rem;
  }
  .help dl div {
    display: grid;
    gap: 0.75rem;
    grid-template-columns: 4rem 1fr;
    align-items: baseline;
  }
  .help kbd {
    padding-inline: 0.375rem;
    font-size: 0.8125rem;
  }
  .help .check {
    display: flex;
    gap: 0.5rem;
    align-items: center;
    margin-block: 0.5rem 1rem;
  }
  .help .check input {
    min-block-size: 1rem;
    inline-size: 1rem;
    block-size: 1rem;
  }
`;
