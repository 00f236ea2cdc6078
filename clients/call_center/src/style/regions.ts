// The regions and how they share the width: three columns, two, or one, by the width of the element and not of the window.
import { css } from "lit";

export const regions = css`
  .screen {
    display: grid;
    gap: 0.75rem;
    padding: 0 0.75rem 0.75rem;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: center;
    justify-content: space-between;
    min-block-size: 3.25rem;
    margin-inline: -0.75rem;
    padding: 0.375rem 1rem;
    border-block-end: 1px solid var(--_line);
    background: var(--_surface);
  }
  .caller,
  .facts,
  .bar-end,
  .ring {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
    align-items: baseline;
  }
  .bar-end,
  .ring {
    align-items: center;
  }
  .name {
    font-size: 1.125rem;
    font-weight: 650;
    letter-spacing: -0.01em;
  }
  .facts {
    color: var(--_faint);
  }
  .live::before {
    display: inline-block;
    inline-size: 0.5rem;
    block-size: 0.5rem;
    margin-inline-end: 0.375rem;
    border-radius: 50%;
    background: var(--_good);
    content: "";
  }
  .link {
    display: inline-flex;
    gap: 0.375rem;
    align-items: center;
    color: var(--_faint);
    font-size: 0.8125rem;
  }
  .lamp {
    inline-size: 0.5rem;
    block-size: 0.5rem;
    border-radius: 50%;
    background: var(--_good);
  }
  .link.sending .lamp {
    background: var(--_accent);
  }
  .link.lost {
    color: var(--_warn);
    font-weight: 600;
  }
  .link.lost .lamp {
    border-radius: 1px;
    background: var(--_warn);
  }
  .notices {
    display: grid;
    gap: 0.5rem;
  }
  .notices:not(:has(*)) {
    display: none;
  }
  .sign-in {
    display: grid;
    justify-items: start;
    padding: 1rem;
  }
  .sign-in h2 {
    font-size: 1rem;
  }
  .columns {
    display: grid;
    gap: 0.75rem;
    align-items: start;
    grid-template-columns: minmax(0, 1fr);
  }
  .work,
  .file {
    display: grid;
    gap: 0.75rem;
    grid-template-columns: minmax(0, 1fr);
  }
  .panel,
  .context,
  .wrap {
    display: grid;
    gap: 0.5rem;
    align-content: start;
    padding: 0.75rem 1rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
    overflow-wrap: anywhere;
  }
  .panel > h3 {
    margin-block: 0.375rem -0.25rem;
  }
  .panel > h2:not(:first-child) {
    margin-block-start: 0.75rem;
  }
  .idle {
    display: grid;
    gap: 0.25rem;
    justify-items: center;
    padding: 15vh 1rem;
    color: var(--_faint);
    text-align: center;
  }
  .idle h2 {
    color: var(--_text);
    font-size: 1.125rem;
  }
  @container (width >= 44rem) {
    .columns {
      grid-template-columns: minmax(0, 1.7fr) minmax(15rem, 1fr);
    }
    .work {
      grid-row: span 2;
    }
  }
  @container (width >= 72rem) {
    .columns {
      grid-template-columns: minmax(0, 2fr) minmax(16rem, 1fr) minmax(18rem, 1.1fr);
    }
  }
  @container (width < 44rem) {
    .wide-only {
      display: none;
    }
    .pick .field {
      flex-basis: 100%;
    }
    .screen {
      padding-inline: 0.5rem;
    }
    .bar {
      margin-inline: -0.5rem;
    }
  }
`;
