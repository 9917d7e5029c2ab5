// Uploads files while the rest of a form is filled in: every `<input type="file" data-upload>`, part by part, and again from
// where it stopped after a broken connection or a closed page. The form then sends ids instead of files.
import { dropOn } from "./upload/drop";
import { UploadField } from "./upload/field";

for (const input of document.querySelectorAll<HTMLInputElement>('input[type="file"][data-upload]')) {
  const field = new UploadField(input);
  dropOn(input.closest<HTMLElement>(".drop") ?? input, (files) => field.add(files));
}
