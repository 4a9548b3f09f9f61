using System;
using System.Reflection;

namespace Lambkin.Runtime
{
    /// <summary>
    /// Gives AWS's library Amazon.Lambda.Core, if the function brings it, what its static members need. The runtime knows
    /// its types by name only, because every function brings a version of its own.
    /// </summary>
    public static class CoreLibrary
    {
        private const string Name = "Amazon.Lambda.Core";
        private const BindingFlags Hidden = BindingFlags.Static | BindingFlags.NonPublic;

        private static Action<string> traceIdSetter;
        private static string traceId;

        /// <summary>Waits for the library to be loaded, which may be at the function's first use of it.</summary>
        public static void Connect(RuntimeClient client)
        {
            AppDomain.CurrentDomain.AssemblyLoad += (sender, loaded) =>
            {
                if (loaded.LoadedAssembly.GetName().Name == Name) Connect(loaded.LoadedAssembly, client);
            };
        }

        /// <summary>What `LambdaTraceProvider` tells; in versions of the library that don't have it, nothing.</summary>
        public static void SetTraceId(string id)
        {
            traceId = id;
            traceIdSetter?.Invoke(id);
        }

        private static void Connect(Assembly core, RuntimeClient client)
        {
            var logger = core.GetType(Name + ".LambdaLogger");
            Set(logger, "_loggingAction", new Action<string>(message => Logs.Write(null, null, message, null)));
            Set(
                logger,
                "_loggingWithLevelAction",
                new Action<string, string, object[]>((level, text, values) => Logs.Write(level, null, text, values)));
            Set(
                logger,
                "_loggingWithLevelAndExceptionAction",
                new Action<string, Exception, string, object[]>(
                    (level, error, text, values) => Logs.Write(level, error, text, values)));
            var set = core.GetType(Name + ".LambdaTraceProvider")?.GetMethod("SetCurrentTraceId", Hidden);
            if (set != null) traceIdSetter = (Action<string>)Delegate.CreateDelegate(typeof(Action<string>), set);
            traceIdSetter?.Invoke(traceId);
            var stream = core.GetType(Name + ".ResponseStreaming.ILambdaResponseStream");
            var factory = core.GetType(Name + ".ResponseStreaming.LambdaResponseStreamFactory");
            var setter = factory?.GetMethod("SetLambdaResponseStream", Hidden);
            if (stream == null || setter == null) return;
            var streams = typeof(ResponseStream).GetMethod("Factory").MakeGenericMethod(stream);
            setter.Invoke(null, new[] { streams.Invoke(null, new object[] { client }) });
        }

        private static void Set(Type type, string name, Delegate action)
        {
            var field = type?.GetField(name, Hidden);
            if (field != null && field.FieldType.IsInstanceOfType(action)) field.SetValue(null, action);
        }
    }
}
