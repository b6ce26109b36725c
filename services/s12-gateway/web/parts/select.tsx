/** A choice among a few texts, as a labelled field. */
import { useId } from "react";

interface SelectProps<T extends string> {
  label: string;
  value: T;
  choices: readonly (readonly [value: T, text: string])[];
  onChoose: (value: T) => void;
}

/** The browser's own list: it knows every keyboard and every phone. */
export function Select<T extends string>({ label, value, choices, onChoose }: SelectProps<T>) {
  const id = useId();
  return (
    <label className="pick" htmlFor={id}>
      <span>{label}</span>
      <select id={id} value={value} onChange={(event) => onChoose(event.target.value as T)}>
        {choices.map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
