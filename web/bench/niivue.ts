// The page of NiiVue: three planes of the volume, as its documentation shows it first.

import { Niivue } from "@niivue/niivue";

declare global {
  interface Window {
    measured: { full?: number };
  }
}

window.measured = {};
const viewer = new Niivue({ loadingText: "", dragAndDropEnabled: false });
await viewer.attachTo("picture");
viewer.setSliceType(viewer.sliceTypeMultiplanar);
await viewer.loadVolumes([{ url: "/volume.mha" }]);
viewer.drawScene();
// The commands are done when a pixel can be read.
viewer.gl.readPixels(0, 0, 1, 1, viewer.gl.RGBA, viewer.gl.UNSIGNED_BYTE, new Uint8Array(4));
window.measured.full = performance.now();
