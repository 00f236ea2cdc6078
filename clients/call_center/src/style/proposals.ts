// The proposals, the facts of the call and the wrap-up: what the agent works with.
import { css } from "lit";

export const proposals = css`
  .pick {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem;
    align-items: center;
  }
  .field {
    flex: 0 0 auto;
    min-inline-size: 6.5rem;
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .more-facts {
    display: grid;
    gap: 0.375rem;
    justify-items: start;
    margin-block: -0.25rem -0.25rem;
    margin-inline-start: -0.375rem;
  }
  .more-facts form {
    padding-inline-start: 0.375rem;
  }
  .actions {
    display: grid;
    gap: 0.5rem;
  }
  .head {
    display: flex;
    gap: 0.75rem;
    align-items: baseline;
    min-block-size: 2rem;
    padding-inline: 0.25rem 0;
  }
  .busy {
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .cards {
    display: grid;
    gap: 0.625rem;
  }
  .card {
    position: relative;
    display: grid;
    gap: 0.5rem;
    padding: 0.875rem 1rem 0.75rem 1.125rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
  }
  .card::before {
    position: absolute;
    inset-block: -1px;
    inset-inline-start: -1px;
    inline-size: 4px;
    border-radius: var(--_radius) 0 0 var(--_radius);
    background: transparent;
    content: "";
  }
  .card:focus-within::before {
    background: var(--_accent);
  }
  .card.presented::before {
    background: var(--_good);
  }
  .card:focus-within {
    border-color: var(--_edge);
  }
  .card-head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.625rem;
    align-items: baseline;
  }
  .card-head h3 {
    font-size: 1rem;
  }
  .rank {
    min-inline-size: 1ch;
    color: var(--_faint);
    font-size: 1rem;
    font-weight: 600;
  }
  .card-head {
    padding-inline-end: 4.5rem;
  }
  .numbers-toggle {
    position: absolute;
    inset-block-start: 0.625rem;
    inset-inline-end: 0.625rem;
    min-block-size: 1.75rem;
    font-size: 0.8125rem;
  }
  .badges {
    display: inline-flex;
    flex-wrap: wrap;
    gap: 0.375rem;
  }
  .say {
    max-inline-size: 68ch;
    font-size: 1.0625rem;
    line-height: 1.45;
    text-wrap: pretty;
  }
  .say::before {
    content: "“";
  }
  .say::after {
    content: "”";
  }
  .say:lang(de)::before {
    content: "„";
  }
  .say:lang(de)::after {
    content: "“";
  }
  .content,
  .numbers {
    display: grid;
    gap: 0.125rem 1.25rem;
    grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr));
    font-size: 0.8125rem;
  }
  .content div,
  .numbers div {
    display: grid;
  }
  .numbers div:last-child {
    grid-column: 1 / -1;
  }
  .numbers {
    padding-block-start: 0.5rem;
    border-block-start: 1px solid var(--_line);
  }
  dt {
    color: var(--_faint);
    font-size: 0.75rem;
  }
  dd {
    overflow-wrap: anywhere;
  }
  .why li {
    position: relative;
    padding-inline-start: 1rem;
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .why li::before {
    position: absolute;
    inset-inline-start: 0.25rem;
    content: "·";
    font-weight: 700;
  }
  .reactions,
  .choices {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem;
    align-items: center;
    margin-block-start: 0.125rem;
  }
  .reactions .do-accepted {
    color: var(--_good);
    border-color: currentcolor;
  }
  .reactions .do-accepted:hover {
    background: var(--_good-wash);
  }
  .choices {
    padding: 0.5rem;
    border-radius: var(--_radius);
    background: var(--_sunken);
  }
  .ask {
    padding-inline: 0.25rem;
    font-weight: 600;
  }
  .day {
    display: inline-flex;
    gap: 0.25rem;
  }
  .answered {
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
  }
  .answer {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75rem;
    align-items: center;
    padding: 0.125rem 0.5rem 0.125rem 1rem;
  }
  .answer + .answer {
    border-block-start: 1px solid var(--_line);
  }
  .answer .title {
    font-weight: 550;
  }
  .answer .state {
    flex: 1;
    color: var(--_faint);
  }
  .answer.accepted .state {
    color: var(--_good);
  }
  .empty {
    display: grid;
    gap: 0.375rem;
    min-block-size: 6rem;
    align-content: center;
    padding: 1rem;
    border: 1px dashed var(--_line);
    border-radius: var(--_radius);
  }
  .wrap {
    gap: 0.75rem;
  }
  .scores {
    display: grid;
    gap: 0.375rem;
  }
  .score-row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem;
  }
  .score {
    min-inline-size: 2.25rem;
    padding-inline: 0.25rem;
    border-radius: calc(var(--_radius) - 2px);
  }
`;
