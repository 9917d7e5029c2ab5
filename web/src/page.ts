// What every page does with JavaScript and does without it otherwise: nothing is lost when this file does not load.
import { confirmForms } from "./page/confirm";
import { localTimes } from "./page/local-times";

localTimes(document);
confirmForms(document);
