using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Lambkin.Runtime
{
    /// <summary>A message with names in braces, and the values that take their places by position.</summary>
    public sealed class MessageTemplate
    {
        private readonly string text;
        private readonly object[] values;
        private readonly List<MessageSlot> slots = new List<MessageSlot>();

        public MessageTemplate(string text, object[] values)
        {
            this.text = text;
            this.values = values ?? new object[0];
            if (this.values.Length > 0) FindSlots();
        }

        /// <summary>The slots with their values; those without one are absent.</summary>
        public IEnumerable<KeyValuePair<MessageSlot, object>> Members
        {
            get
            {
                foreach (var slot in slots)
                {
                    var value = slot.Index < values.Length ? values[slot.Index] : null;
                    if (value != null) yield return new KeyValuePair<MessageSlot, object>(slot, value);
                }
            }
        }

        /// <summary>The message with the values in their places. As with AWS's runtime `{{` stays as it is.</summary>
        public string Filled()
        {
            var filled = new StringBuilder();
            var from = 0;
            foreach (var slot in slots)
            {
                filled.Append(text, from, slot.Start - from);
                filled.Append(slot.Shown(slot.Index < values.Length ? values[slot.Index] : null));
                from = slot.End;
            }
            return filled.Append(text, from, text.Length - from).ToString();
        }

        private void FindSlots()
        {
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
                if (end > i + 1) slots.Add(new MessageSlot(text, i, end + 1, slots.Count));
                i = end;
            }
            if (!AreNumbered()) return;
            foreach (var slot in slots) slot.Index = int.Parse(slot.Name, CultureInfo.InvariantCulture);
        }

        /// <summary>Whether the names are 0, 1 and so on, without a gap, and so say which value they mean.</summary>
        private bool AreNumbered()
        {
            var names = new HashSet<int>();
            foreach (var slot in slots)
            {
                if (!int.TryParse(slot.Name, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number))
                    return false;
                names.Add(number);
            }
            return names.Count > 0 && names.Min() == 0 && names.Max() == names.Count - 1;
        }
    }
}
