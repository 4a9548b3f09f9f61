using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Lambkin.Runtime
{
    /// <summary>A message with names in braces, and the values that take their places by position.</summary>
    public sealed class MessageTemplate
    {
        private const char AsJson = '@';

        private readonly string text;
        private readonly object[] values;
        private readonly List<Slot> slots = new List<Slot>();

        public MessageTemplate(string text, object[] values)
        {
            this.text = text;
            this.values = values ?? new object[0];
            if (this.values.Length > 0) FindSlots();
        }

        /// <summary>The names with their values; those without one are absent.</summary>
        public IEnumerable<KeyValuePair<string, object>> Members
        {
            get
            {
                foreach (var slot in slots)
                {
                    var value = slot.Index < values.Length ? values[slot.Index] : null;
                    if (value == null) continue;
                    if (slot.Format != null) value = Formatted(value, slot.Format);
                    else if (slot.IsJson) value = JsonDocument.Parse(JsonSerializer.Serialize(value)).RootElement;
                    yield return new KeyValuePair<string, object>(slot.Name, value);
                }
            }
        }

        /// <summary>The message with the values in their places; `{{` stands for a brace.</summary>
        public string Filled()
        {
            if (slots.Count == 0) return text;
            var filled = new StringBuilder();
            var from = 0;
            foreach (var slot in slots)
            {
                filled.Append(Unescaped(text.Substring(from, slot.Start - from)));
                filled.Append(slot.Index < values.Length ? Shown(slot) : text.Substring(slot.Start, slot.End - slot.Start));
                from = slot.End;
            }
            return filled.Append(Unescaped(text.Substring(from))).ToString();
        }

        private static string Unescaped(string part)
        {
            return part.Replace("{{", "{").Replace("}}", "}");
        }

        private static string Formatted(object value, string format)
        {
            return string.Format(CultureInfo.InvariantCulture, "{0:" + format + "}", value);
        }

        private string Shown(Slot slot)
        {
            var value = values[slot.Index];
            if (slot.Format != null) return Formatted(value, slot.Format);
            if (slot.IsJson) return JsonSerializer.Serialize(value);
            if (!(value is IEnumerable many) || value is string)
                return Convert.ToString(value, CultureInfo.InvariantCulture);
            var parts = new List<string>();
            foreach (var one in many) parts.Add(Convert.ToString(one, CultureInfo.InvariantCulture));
            return string.Join(", ", parts);
        }

        private void FindSlots()
        {
            var positional = true;
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] != '{') continue;
                if (i + 1 < text.Length && text[i + 1] == '{')
                {
                    i++;
                    continue;
                }
                var end = text.IndexOf('}', i);
                if (end < 0) break;
                var slot = new Slot(text.Substring(i + 1, end - i - 1), i, end + 1, slots.Count);
                positional = positional && int.TryParse(slot.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _);
                slots.Add(slot);
                i = end;
            }
            if (!positional) return;
            foreach (var slot in slots) slot.Index = int.Parse(slot.Name, CultureInfo.InvariantCulture);
        }

        private sealed class Slot
        {
            public Slot(string content, int start, int end, int index)
            {
                Start = start;
                End = end;
                Index = index;
                IsJson = content.StartsWith(AsJson.ToString(), StringComparison.Ordinal);
                var name = content.TrimStart(AsJson);
                var colon = name.IndexOf(':');
                Format = colon < 0 ? null : name.Substring(colon + 1);
                Name = (colon < 0 ? name : name.Substring(0, colon)).Trim();
            }

            public string Name { get; }

            public string Format { get; }

            public bool IsJson { get; }

            public int Start { get; }

            public int End { get; }

            public int Index { get; set; }
        }
    }
}
