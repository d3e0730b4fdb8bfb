/** How a browser is set up, as a viewer does in the settings of the system. */
export interface Look {
  theme: 'light' | 'dark';
  /** Whether the system replaces the colours of pages, as high contrast does on Windows. */
  forcedColors?: boolean;
}

/** Size of a window's content in CSS pixels. */
export interface WindowSize {
  width: number;
  height: number;
}

/** A running browser. */
export interface TestBrowser {
  /** Folder of the files that pages save. */
  readonly downloads: string;
  /** Opens a tab without data of earlier ones. */
  open(size: WindowSize): Promise<Tab>;
  close(): Promise<void>;
}

/** A tab of a browser: what all browsers can do, and nothing else. `page.ts` has what tests do with it. */
export interface Tab {
  goto(url: string): Promise<void>;
  /** Calls a function in the page, with arguments and a result that JSON can contain, and resolves with its result. */
  evaluate<Args extends unknown[], Result>(
    run: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result>;
  /** Presses a key, with the name that `KeyboardEvent.key` has, and releases it. */
  press(key: string): Promise<void>;
  type(text: string): Promise<void>;
  /** Moves the mouse over the points with its button pressed, and releases it at the last one. */
  drag(points: readonly Point[]): Promise<void>;
  /** Sets the size of the window's content. */
  resize(size: WindowSize): Promise<void>;
  /** Returns a PNG of the window's content. */
  screenshot(): Promise<Buffer>;
  /** Returns the page as a PDF; undefined in browsers that print only by a dialog. */
  print(): Promise<Uint8Array | undefined>;
  /** Returns errors, warnings and violations of the content security policy since the tab was opened. */
  problems(): Promise<string[]>;
  close(): Promise<void>;
}

/** Pixels from the left and the top edge of the window's content. */
export type Point = readonly [x: number, y: number];
