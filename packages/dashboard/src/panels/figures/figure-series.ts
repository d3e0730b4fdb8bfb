import type { NumberedFigure } from '../../state/run.ts';

/** The figures with one title in a run, oldest first. */
export interface FigureSeries {
  title: string;
  figures: NumberedFigure[];
}

/** Returns the figures by title, in the order in which the titles first appeared. */
export function figureSeries(figures: readonly NumberedFigure[]): FigureSeries[] {
  const byTitle = new Map<string, NumberedFigure[]>();
  for (const figure of figures) {
    const series = byTitle.get(figure.title) ?? [];
    series.push(figure);
    byTitle.set(figure.title, series);
  }
  return [...byTitle].map(([title, series]) => ({ title, figures: series }));
}
