import type { ReactNode } from 'react';
import {
  Checkbox as AriaCheckbox,
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  TextField,
  type TextFieldProps,
} from 'react-aria-components';

interface Props extends Omit<TextFieldProps, 'className' | 'style' | 'children'> {
  readonly label: string;
  readonly about?: ReactNode;
  readonly lines?: number;
  readonly mono?: boolean;
  readonly placeholder?: string;
}

export function Field({ label, about, lines, mono = false, placeholder, ...props }: Props) {
  const look = { className: mono ? 'input mono' : 'input', ...(placeholder === undefined ? {} : { placeholder }) };
  return (
    <TextField {...props} className="field">
      <Label>{label}</Label>
      {lines === undefined ? <Input {...look} /> : <TextArea {...look} rows={lines} />}
      {about !== undefined && (
        <Text slot="description" className="field-about">
          {about}
        </Text>
      )}
      <FieldError className="field-error" />
    </TextField>
  );
}

export function Checkbox({
  value,
  isSelected,
  onChange,
  children,
}: {
  readonly value?: string;
  readonly isSelected: boolean;
  readonly onChange: (selected: boolean) => void;
  readonly children: ReactNode;
}) {
  return (
    <AriaCheckbox
      className="checkbox"
      isSelected={isSelected}
      onChange={onChange}
      {...(value === undefined ? {} : { value })}
    >
      <span className="checkbox-box" aria-hidden>
        <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
          <path d="M2.5 7.5l3 3 6-7" fill="none" stroke="currentColor" strokeWidth={2} />
        </svg>
      </span>
      <span>{children}</span>
    </AriaCheckbox>
  );
}
