using System;
using System.IO;
using System.Reflection;
using System.Threading.Tasks;

namespace Lambkin.Runtime
{
    /// <summary>The function's method, with what reads its event and writes its result.</summary>
    public sealed class Handler
    {
        private readonly MethodInfo method;
        private readonly object instance;
        private readonly object serializer;
        private readonly MethodInfo deserialize;
        private readonly MethodInfo serialize;
        private readonly Type contextType;
        private readonly bool takesEvent;

        public Handler(MethodInfo method, object instance, object serializer, Signature signature)
        {
            this.method = method;
            this.instance = instance;
            this.serializer = serializer;
            contextType = signature.Context;
            takesEvent = signature.Input != null;
            if (takesEvent && signature.Input != typeof(Stream))
                deserialize = SerializerMethod("Deserialize", signature.Input);
            if (signature.Output != null && !typeof(Stream).IsAssignableFrom(signature.Output))
                serialize = SerializerMethod("Serialize", signature.Output);
        }

        /// <summary>Calls the method and waits for what it began; the result is empty if it has none.</summary>
        public ArraySegment<byte> Invoke(Invocation invocation)
        {
            var context = contextType == null ? null : Context.Create(contextType, invocation, serializer);
            var result = Call(method, instance, Arguments(invocation, context));
            if (result is Task task)
            {
                task.GetAwaiter().GetResult();
                result = HasResult(method.ReturnType) ? ResultOf(task) : null;
            }
            var bytes = new MemoryStream();
            if (serialize != null) Call(serialize, serializer, new[] { result, bytes });
            else if (result is Stream stream)
                using (stream) stream.CopyTo(bytes);
            return new ArraySegment<byte>(bytes.ToArray());
        }

        /// <summary>Whether a type is a task with a result.</summary>
        public static bool HasResult(Type type)
        {
            return TaskWithResult(type) != null;
        }

        /// <summary>The `Task` with a result that a type is or extends, null if it is none.</summary>
        public static Type TaskWithResult(Type type)
        {
            for (; type != null; type = type.BaseType)
                if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>)) return type;
            return null;
        }

        private object[] Arguments(Invocation invocation, object context)
        {
            if (!takesEvent) return contextType == null ? new object[0] : new[] { context };
            var stream = new MemoryStream(invocation.Body);
            var input = deserialize == null ? stream : Call(deserialize, serializer, new object[] { stream });
            return contextType == null ? new[] { input } : new[] { input, context };
        }

        private object ResultOf(Task task)
        {
            return TaskWithResult(method.ReturnType).GetProperty("Result").GetValue(task);
        }

        private MethodInfo SerializerMethod(string name, Type type)
        {
            var contract = Array.Find(serializer.GetType().GetInterfaces(), HandlerLoader.IsSerializer);
            return contract.GetMethod(name).MakeGenericMethod(type);
        }

        private static object Call(MethodInfo called, object target, object[] arguments)
        {
            return called.Invoke(target, BindingFlags.DoNotWrapExceptions, null, arguments, null);
        }
    }
}
