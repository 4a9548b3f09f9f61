using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;

namespace Lambkin.Runtime
{
    /// <summary>The console: a line is a message of the log; what is written without its end goes out as it is.</summary>
    public sealed class ConsoleWriter : TextWriter
    {
        private readonly TextWriter inner;
        private readonly string level;

        public ConsoleWriter(TextWriter inner, string level)
        {
            this.inner = inner;
            this.level = level;
        }

        public override Encoding Encoding => inner.Encoding;

        public override void Flush() => inner.Flush();

        public override void Write(char value) => inner.Write(value);

        public override void Write(string value) => inner.Write(value);

        public override void Write(char[] buffer, int index, int count) => inner.Write(buffer, index, count);

        public override void WriteLine() => Line("");

        public override void WriteLine(string value) => Line(value);

        public override void WriteLine(object value) => Line(Convert.ToString(value, FormatProvider));

        public override void WriteLine(bool value) => Line(value.ToString());

        public override void WriteLine(char value) => Line(value.ToString());

        public override void WriteLine(char[] buffer) => Line(buffer == null ? "" : new string(buffer));

        public override void WriteLine(char[] buffer, int index, int count) => Line(new string(buffer, index, count));

        public override void WriteLine(int value) => Line(value.ToString(FormatProvider));

        public override void WriteLine(uint value) => Line(value.ToString(FormatProvider));

        public override void WriteLine(long value) => Line(value.ToString(FormatProvider));

        public override void WriteLine(ulong value) => Line(value.ToString(FormatProvider));

        public override void WriteLine(float value) => Line(value.ToString(FormatProvider));

        public override void WriteLine(double value) => Line(value.ToString(FormatProvider));

        public override void WriteLine(decimal value) => Line(value.ToString(FormatProvider));

        public override void WriteLine(string format, object arg0) => Line(string.Format(FormatProvider, format, arg0));

        public override void WriteLine(string format, object arg0, object arg1) =>
            Line(string.Format(FormatProvider, format, arg0, arg1));

        public override void WriteLine(string format, object arg0, object arg1, object arg2) =>
            Line(string.Format(FormatProvider, format, arg0, arg1, arg2));

        public override void WriteLine(string format, params object[] arg) =>
            Line(string.Format(FormatProvider, format, arg));

        public override void WriteLine(StringBuilder value) => Line(value?.ToString());

        public override Task WriteLineAsync() => LineAsync("");

        public override Task WriteLineAsync(char value) => LineAsync(value.ToString());

        public override Task WriteLineAsync(string value) => LineAsync(value);

        public override Task WriteLineAsync(char[] buffer, int index, int count) =>
            LineAsync(new string(buffer, index, count));

        private void Line(string text) => Logs.Write(level, null, text, null);

        private Task LineAsync(string text)
        {
            Line(text);
            return Task.CompletedTask;
        }
    }
}
