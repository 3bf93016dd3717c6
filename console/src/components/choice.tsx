import {
  Button,
  type Key,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Text,
} from 'react-aria-components';

export interface Option {
  readonly id: string;
  readonly name: string;
}

/** One of a few. `label` stands above, or is spoken only. */
export function Choice({
  label,
  about,
  quiet = false,
  options,
  value,
  onChange,
}: {
  readonly label: string;
  readonly about?: string;
  readonly quiet?: boolean;
  readonly options: readonly Option[];
  readonly value: string;
  readonly onChange: (id: string) => void;
}) {
  return (
    <Select
      className="field"
      selectedKey={value}
      onSelectionChange={(key: Key | null) => onChange(key === null ? '' : String(key))}
    >
      <Label className={quiet ? 'hidden' : 'field-label'}>{label}</Label>
      <Button className="input choice">
        <SelectValue />
        <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
          <path d="M3 5l4 4 4-4" fill="none" stroke="currentColor" strokeWidth={1.5} />
        </svg>
      </Button>
      {about !== undefined && (
        <Text slot="description" className="field-about">
          {about}
        </Text>
      )}
      <Popover className="popover" offset={2}>
        <ListBox items={options} className="options">
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.name} className="option">
              {option.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
