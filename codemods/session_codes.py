"""The finding codes of sessions, run sites and staging (TF2xx), training (TF30x) and state (TF40x)."""

from __future__ import annotations

from codemods.findings import Code

_MOVE = "Compute the value before the graph code and give it a name of its own."

SESSION_CODES: dict[str, Code] = {
    "TF200": Code(
        "became part of a function",
        "The graph code moved into a tf.function that the run site calls.",
        "Nothing.",
    ),
    "TF203": Code(
        "graph built under a condition",
        "The graph is built in a branch and run outside of it, so a function for the run might not exist.",
        "Build the graph and run it in the same branch, or build it in every branch under the same names.",
    ),
    "TF204": Code(
        "graph built in a loop",
        "Each turn of the loop (or of the comprehension) builds another graph; a function is traced once, with the "
        "values of the first call.",
        "Build the graph before the loop and feed what changes.",
    ),
    "TF205": Code(
        "one name for several graph nodes",
        "On different paths through the program the name stands for different graph nodes.",
        "Give each of them a name of its own.",
    ),
    "TF206": Code(
        "graph code with an effect",
        "The call prints, draws from a host generator, reads an iterator or asks the outside world. TF1 ran it once, "
        "where it stands; in a function it would run at the first call, once for each function that needs it.",
        _MOVE,
    ),
    "TF207": Code(
        "order given by control dependencies",
        "The order that control dependencies ask for cannot be kept: a loss waits for an optimizer's update, or the "
        "operations are not given as names in a list.",
        "Name the operations first; run the update in a call of its own, before or after.",
    ),
    "TF208": Code(
        "placeholder without one name",
        "A placeholder becomes a parameter and needs one name; this one is in a container, shares its line, or has "
        "several names.",
        "Bind each placeholder to one name, on a line of its own.",
    ),
    "TF209": Code(
        "value changed between building and running",
        "The graph code uses a Python value that is bound again or changed in place before the graph runs. TF1 took "
        "the value at the time of building.",
        "Use another name for the new value, or copy the object before changing it.",
    ),
    "TF210": Code(
        "graph object used by Python code",
        "Code that stays needs a graph object that exists only inside a function now.",
        "Use the value that a run returns, or remove the use (a print of the tensor, for example).",
    ),
    "TF211": Code(
        "graph object stored out of sight",
        "A tensor or variable is stored in an attribute or in an object whose content the analysis does not follow.",
        "Keep it under a name, in a list or in a dict.",
    ),
    "TF212": Code(
        "tensor as a Python condition or index",
        "TF1 raises an error here, or takes the tensor object as true; TF2 would use its value.",
        "Use tf.cond, tf.where or tf.gather.",
    ),
    "TF213": Code(
        "session together with something else",
        "One `with`, or one line, holds a session or control dependencies together with something else.",
        "Write two `with` statements, one inside the other, or two lines.",
    ),
    "TF214": Code(
        "tensor as a default",
        "The default of a parameter is a tensor, which exists only inside functions now.",
        "Pass the tensor in the calls.",
    ),
    "TF215": Code(
        "class that builds or runs a graph",
        "Graph code in classes needs a model of objects that this version does not have.",
        "Move the graph code to functions, or convert the class by hand.",
    ),
    "TF216": Code(
        "comparison of tensors",
        "`==`, `!=` and `in` compare identities in TF1 and elements in TF2.",
        "Use `is` or tf.equal, whichever is meant.",
    ),
    "TF217": Code(
        "host function given a graph tensor",
        "The function works on Python values and is given a graph tensor.",
        "Give it the value that a run returns.",
    ),
    "TF218": Code(
        "placeholder without counterpart",
        "The dtype or the form of the feed is not known from the text, so no signature can be written.",
        "Write the dtype as a literal; write sparse feeds as tf.SparseTensorValue(...) in the run.",
    ),
    "TF219": Code(
        "placeholder made by a helper function",
        "The placeholder would become a parameter of functions that do not see it.",
        "Make placeholders where the graph is built.",
    ),
    "TF220": Code(
        "session on another process",
        "The session connects to a cluster.",
        "Use tf.distribute by hand.",
    ),
    "TF221": Code(
        "session handled by a helper function",
        "A helper function makes, closes or enters a session or graph.",
        "Do that where the session is used.",
    ),
    "TF222": Code(
        "question about the graph itself",
        "There is no graph object any more that could be asked for operations, names or consumers.",
        "Keep the tensors that are needed under names.",
    ),
    "TF223": Code(
        "session method without counterpart",
        "Sessions are gone, and this method has nothing that takes its place.",
        "Write what it does by hand.",
    ),
    "TF224": Code(
        "arguments of a run",
        "Options, metadata or starred arguments of a run have no counterpart.",
        "Remove them; use tf.profiler for traces.",
    ),
    "TF225": Code(
        "run site in a helper of graph code",
        "A function that is called while the graph is built runs the graph.",
        "Separate building and running.",
    ),
    "TF226": Code(
        "run site with several graphs",
        "The function with this run is called when its names mean different graph nodes.",
        "Write one function for each graph.",
    ),
    "TF227": Code(
        "feed dict that is not written out",
        "Which placeholders are fed is not known from the text.",
        "Write the dict in the run, or in the same function before it.",
    ),
    "TF228": Code(
        "run on something unknown",
        "It is not known whether this is a session or a tensor.",
        "Make the session in this file, or convert the call by hand.",
    ),
    "TF229": Code(
        "graph objects passed to a function that runs them",
        "Such a function can be called with different graphs.",
        "Let the function use the names of the module, or convert it by hand.",
    ),
    "TF230": Code(
        "function that runs and returns graph objects",
        "Its result is a graph object that exists only inside a function now.",
        "Separate building and running.",
    ),
    "TF231": Code(
        "graph object passed to unknown code",
        "What foreign code, a class or a changing function does with a graph object is not known.",
        "Give it the value that a run returns, or write the computation in this file.",
    ),
    "TF240": Code(
        "initialiser run without counterpart",
        "Variables are initialised when they are made. This run is part of another fetch, its result is used, or it "
        "resets what cannot be reset exactly.",
        "Initialise once, in a run of its own; make model and optimizer anew for each trial.",
    ),
    "TF241": Code(
        "form of the fetch",
        "Starred elements, or operations nested with tensors, give the result a form that is not known.",
        "Fetch a plain list.",
    ),
    "TF242": Code(
        "fetch by name",
        "A tensor is fetched by its name in the graph.",
        "Fetch the object.",
    ),
    "TF243": Code(
        "unknown fetch",
        "It is not known which tensors or operations are fetched.",
        "Fetch names that are bound in this scope.",
    ),
    "TF244": Code(
        "feed that is not one placeholder",
        "What is fed is not surely one placeholder or one tensor held by one name.",
        "Feed placeholders, each under one name and once.",
    ),
    "TF245": Code(
        "placeholder that is not fed",
        "The fetch needs the placeholder and the run does not feed it; TF1 raises an error here.",
        "Feed it.",
    ),
    "TF246": Code(
        "graph built in several functions",
        "No single place sees all parts of the graph of this run.",
        "Build the graph in one function, or at module level.",
    ),
    "TF247": Code(
        "value of an operation",
        "TF1 returns None for an operation, and the program uses the result in a form in which that cannot be kept.",
        "Fetch operations first or last in the list, or in a run of their own.",
    ),
    "TF248": Code(
        "feed fetched in the same run",
        "TF1 hands back the object that was fed; a function returns a tensor.",
        "Use the fed value itself.",
    ),
    "TF249": Code(
        "sessions that take turns",
        "Each session has its own values of the variables; TF2 variables have one.",
        "Make a second set of variables, or use the sessions one after the other.",
    ),
    "TF250": Code(
        "graph code that is never run",
        "No run needs the statement, so it was left out.",
        "Nothing.",
    ),
    "TF251": Code(
        "feed of another type",
        "TF1 converts a Python value to the placeholder's type (3.5 to an integer, 1 to a bool); TF2 does not.",
        "Convert the value before it is fed, with np.asarray(value, dtype).",
    ),
    "TF252": Code(
        "read and updated in one run",
        "TF1 reads the value before or after the update, as it happens. The new program reads it before.",
        "Check which value is meant; fetch it in a run of its own if it is the new one.",
    ),
    "TF253": Code(
        "message printed at tracing",
        "The message is printed when the function is traced, not while the graph is built.",
        "Nothing, or move the print out of the graph code.",
    ),
    "TF254": Code(
        "fetch of several tensors in one",
        "The function returns a list, a tuple or a sparse tensor, and a run gives it a form of its own.",
        "Unpack the result first, and fetch the parts.",
    ),
    "TF256": Code(
        "graph from a file",
        "The graph is read from a file that another program, or an earlier part of this one, wrote: which operations "
        "are in it cannot be seen here. TF2 saves values and functions, not graphs that are built on.",
        "Build the model with the code that made it, in place of the import, and restore its checkpoint with a Saver.",
    ),
    "TF255": Code(
        "tensor printed",
        "The text of a tensor has its name in TF1 and its value in TF2.",
        "Nothing, or print what the run returns.",
    ),
    # Training
    "TF301": Code(
        "optimizer argument that is a tensor",
        "Only the learning rate may be a tensor.",
        "Use a Python number.",
    ),
    "TF302": Code(
        "optimizer method without counterpart",
        "Keras optimizers have nothing like this method, or its arguments are not known from the text.",
        "Use minimize, or compute_gradients and apply_gradients with plain arguments.",
    ),
    "TF303": Code(
        "argument of minimize without counterpart",
        "The argument changes how gradients are computed.",
        "Leave it out if it is not wanted.",
    ),
    "TF304": Code(
        "training built by a helper function",
        "The train op is made in a helper function or in the run itself.",
        "Call minimize where the graph is built.",
    ),
    "TF305": Code(
        "one optimizer for several train ops",
        "The train ops share slots and counters in a way that one Keras optimizer does not, the variables to build it "
        "with are not known, or several updates are made in one statement.",
        "Make one optimizer for each train op, each in a statement of its own.",
    ),
    "TF306": Code(
        "optimizer without a name",
        "The optimizer is kept in a container or never used.",
        "Bind it to a name.",
    ),
    "TF307": Code(
        "training of a variable that is not trainable",
        "A gradient tape watches trainable variables only; TF1 computes the gradient of any variable listed.",
        "Make the variable trainable, and list the variables of the other train ops.",
    ),
    "TF308": Code(
        "gradients that TF2 does not compute",
        "tf.hessians with respect to a variable, and stop_gradients= with a variable, need the graph node of the "
        "variable, and a TF2 variable has none.",
        "Write the second derivatives with tf.gradients of tf.gradients; write tf.stop_gradient around the variable.",
    ),
    "TF313": Code(
        "learning-rate decay with another counter",
        "The decay follows a counter that has no name, is given a tensor, or is used in a helper function.",
        "Bind the counter and the decayed rate to names of the scope in which the graph is built.",
    ),
    # State
    "TF401": Code(
        "variables and tensors in one statement",
        "The statement makes variables, which stay, and computes tensors, which move into functions.",
        "Make the variables in a statement of their own.",
    ),
    "TF402": Code(
        "augmented assignment to a variable",
        "`v += x` makes a tensor in TF1 and changes the variable in TF2.",
        "Write `y = v + x`, or v.assign_add(x).",
    ),
    "TF403": Code(
        "variable made in a run",
        "The fetch itself makes a variable.",
        "Make it before.",
    ),
    "TF404": Code(
        "needs a model of state",
        "Scopes, collections, layers, savers, summaries or queues keep state that this version does not follow, or "
        "nothing rewrites the symbol in this place.",
        "Convert it by hand.",
    ),
    "TF405": Code(
        "assignment without counterpart",
        "It is not known which variable is assigned, or its shape may change.",
        "Assign to one variable, under its name, with a value of its shape.",
    ),
    "TF406": Code(
        "updates in no certain order",
        "Updates of one run change and read the same variables, and nothing says which comes first. TF1's result "
        "differs from run to run.",
        "Order them by tf.control_dependencies, compute the values before (from tf.identity of the variables), or "
        "run them one after the other.",
    ),
    "TF407": Code(
        "variable in collections",
        "The variable is put in collections of its own.",
        "Keep a list of the variables instead.",
    ),
    "TF408": Code(
        "variable without an initial value",
        "tf.Variable needs an initial value.",
        "Give one.",
    ),
}  # fmt: skip
