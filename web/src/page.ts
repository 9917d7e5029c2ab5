// What every page does with JavaScript and does without it otherwise: nothing is lost when this file does not load.
import { confirmForms } from "./page/confirm";
import { followJob } from "./page/follow-job";
import { localTimes } from "./page/local-times";
import { refreshParts } from "./page/refresh";

localTimes(document);
confirmForms(document);
followJob(document);
refreshParts(document);
