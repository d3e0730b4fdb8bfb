import { byId, setText } from './dom.ts';

/** The slider for the weight of the moving average. */
export function createSmoothing(weight: number, changed: (weight: number) => void): void {
  const slider = byId('smoothing', HTMLInputElement);
  const value = byId('smoothing-value', HTMLElement);
  const show = (): void =>
    setText(value, slider.valueAsNumber === 0 ? 'off' : slider.valueAsNumber.toFixed(2));
  slider.valueAsNumber = weight;
  slider.addEventListener('input', () => {
    show();
    changed(slider.valueAsNumber);
  });
  show();
}
