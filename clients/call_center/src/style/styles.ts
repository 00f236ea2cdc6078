// All styles, in the order in which they build on each other.
import { controls } from "./controls.js";
import { file } from "./file.js";
import { proposals } from "./proposals.js";
import { regions } from "./regions.js";
import { tokens } from "./tokens.js";

export const styles = [tokens, controls, regions, proposals, file];
