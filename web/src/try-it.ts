// The form that an algorithm is tried with: JSON is checked while it is typed, earlier images are searched while one types.
import { checkCode } from "./try/check";
import { chooseImages } from "./try/images";
import { replaceSent } from "./try/sent";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-try]")) {
  checkCode(form);
  chooseImages(form);
  replaceSent(form);
}
