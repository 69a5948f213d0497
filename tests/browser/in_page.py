"""What tests ask of a page, and do there, whichever widgets it has."""

# Serious faults by axe-core, which must be there; of all rules, or of some.
FAULTS = """only => axe
    .run(document, {resultTypes: ["violations"], ...(only ? {runOnly: only} : {})})
    .then(found => found.violations
        .filter(one => ["serious", "critical"].includes(one.impact))
        .map(one => one.id + ": " + one.nodes.map(node => node.html).join(" ").slice(0, 600)))"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
BLANK = """canvas => {
    const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    return pixels.every(pixel => pixel === pixels[0]);
}"""
# Move the first control above a canvas, whatever it is; false where there is none.
MOVE = """canvas => {
    const bar = canvas.closest(".yx-widget").querySelector(".yx-controls");
    const [handle, list, tick] = ["[role=slider]", "select", "input[type=checkbox]"]
        .map(kind => bar?.querySelector(kind));
    if (handle) {
        const full = handle.getAttribute("aria-valuenow") === handle.getAttribute("aria-valuemax");
        const key = full ? "ArrowLeft" : "ArrowRight";
        handle.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
    } else if (list) {
        list.selectedIndex = (list.selectedIndex + 1) % list.options.length;
        list.dispatchEvent(new Event("change", {bubbles: true}));
    } else if (tick) tick.click();
    return Boolean(handle ?? list ?? tick);
}"""
