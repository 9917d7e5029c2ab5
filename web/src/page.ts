// What every page does with JavaScript and does without it otherwise: nothing is lost when this file does not load.
import { confirmForms } from "./page/confirm";
import { copyButtons } from "./page/copy";
import { enterKeys } from "./page/enter";
import { localTimes } from "./page/local-times";
import { showTab } from "./page/tabs";
import { refreshParts } from "./page/refresh";
import { focusScrollers } from "./page/scrollers";

localTimes(document);
confirmForms(document);
copyButtons(document);
enterKeys(document);
refreshParts(document);
showTab(document);
focusScrollers(document);
window.addEventListener("resize", () => focusScrollers(document));
