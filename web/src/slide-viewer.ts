// The element <slide-viewer>.

import { SlideViewer } from "./slide/viewer";

customElements.define("slide-viewer", SlideViewer);
