/** Returns whether the viewer's main pointer is a finger, which cannot point at something without a tap. */
export const isTouch = (): boolean => globalThis.matchMedia?.('(hover: none)').matches ?? false;

/** Returns the text for a pointer that hovers, or the one for fingers. */
export const pointerText = (hovering: string, touch: string): string => (isTouch() ? touch : hovering);
