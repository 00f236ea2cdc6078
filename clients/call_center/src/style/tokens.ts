// Colours, sizes and type. A page sets --nba-* on the element to make the screen its own; contrast is 4.5:1 or more in both schemes.
import { css } from "lit";

export const tokens = css`
  :host {
    color-scheme: light dark;
    display: block;
    container-type: inline-size;
    --_ground: var(--nba-ground, light-dark(#f4f5f7, #11161d));
    --_surface: var(--nba-surface, light-dark(#ffffff, #1a212b));
    --_sunken: var(--nba-sunken, light-dark(#edf0f4, #242d39));
    --_line: var(--nba-line, light-dark(#dbe1e8, #313c4a));
    --_edge: var(--nba-edge, light-dark(#76828f, #7d8a9a));
    --_text: var(--nba-text, light-dark(#16202b, #e7ecf2));
    --_faint: var(--nba-faint, light-dark(#54606d, #a3afbd));
    --_accent: var(--nba-accent, light-dark(#0f5a8a, #7cc0ee));
    --_on-accent: var(--nba-on-accent, light-dark(#ffffff, #06202f));
    --_accent-wash: var(--nba-accent-wash, light-dark(#e4f0f8, #17334a));
    --_good: light-dark(#12663f, #77d3a4);
    --_good-wash: light-dark(#e3f4ea, #16332a);
    --_warn: light-dark(#7a4300, #f4bd78);
    --_warn-wash: light-dark(#fdf2df, #372913);
    --_bad: light-dark(#a61d16, #ffa39b);
    --_bad-wash: light-dark(#fdebe9, #3d1c1a);
    --_learn: light-dark(#5d3691, #cdb0f6);
    --_learn-wash: light-dark(#f2ebfb, #2d2240);
    --_radius: var(--nba-radius, 8px);
    --_font: var(--nba-font, Inter, "Segoe UI Variable Text", "Segoe UI", "Noto Sans", "Liberation Sans", system-ui, -apple-system, sans-serif);
    color: var(--_text);
    background: var(--_ground);
    font: 400 0.875rem/1.45 var(--_font);
    font-variant-numeric: tabular-nums;
    text-align: start;
  }
  :host([theme="light"]) {
    color-scheme: light;
  }
  :host([theme="dark"]) {
    color-scheme: dark;
  }
  :host([hidden]) {
    display: none;
  }
`;
