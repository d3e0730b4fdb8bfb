/** A cell of the confusion matrix, whose images the viewer has asked for. */
export interface CellChoice {
  truth: number;
  predicted: number;
}

let choose: ((cell: CellChoice) => void) | undefined;

/** Sets what happens when a viewer asks for the images of a cell: the panel of the misread images shows them. */
export function onCellChoice(listener: (cell: CellChoice) => void): void {
  choose = listener;
}

/** Returns a function that shows all images of a cell; undefined while the panel of the misread images is not loaded. */
export const cellChooser = (): ((cell: CellChoice) => void) | undefined => choose;
