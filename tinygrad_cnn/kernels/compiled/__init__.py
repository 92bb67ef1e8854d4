"""The compiled forms of kernels: C, compiled on this machine when the first of them is called.

`source/` has the kernels, `build.py` compiles and loads them, and the other modules call them: each checks what its
kernels take and hands the arrays over.
"""
