// The element <volume-viewer>.

import { VolumeViewer } from "./volume/viewer";

customElements.define("volume-viewer", VolumeViewer);
